/* SPDX-License-Identifier: Apache-2.0 */
/* test_literal.c -- values that are known, found in whatever form they were written. */
#include "base/cleanup.h"
#include "collector/base64.h"
#include "collector/literal.h"
#include "tests/unit/runner.h"

#include <stdlib.h>
#include <string.h>

/* One value of each make: letters and digits, symbols that every notation escapes, a short
 * one without six letters in a row, base64 with its symbols, UTF-8. */
static const char *const VALUES[] = {
    "k7Qm2xWz9LpT", "p@ss\"w0rd\\&<x>/y=1 %z", "a!b@c#d$e%", "q+/8Zk3/+vT1Rw==", "gr\xc3\xbc\xc3\x9f" "e-M1nga-42",
};

static void
add_text(Buf *out, const char *format, Str value)
{
    for (const char *f = format; *f; f++) {
        if (*f == '@')
            buf_add_str(out, value);
        else
            buf_addc(out, *f);
    }
}

static void
escape(Str value, const char *special, const char *prefix, const char *digits, Buf *out)
{
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        bool escaped = *special ? c >= 0x80 || strchr(special, c) : true;
        if (!escaped) {
            buf_addc(out, (char)c);
            continue;
        }
        buf_adds(out, prefix);
        buf_addc(out, digits[c >> 4]);
        buf_addc(out, digits[c & 15]);
    }
}

static void
json_escape(Str value, Buf *out)
{
    for (size_t i = 0; i < value.n; i++) {
        if (strchr("\"\\", value.p[i]))
            buf_addc(out, '\\');
        buf_addc(out, value.p[i]);
    }
}

static const char LOWER[] = "0123456789abcdef";
static const char UPPER[] = "0123456789ABCDEF";
static const char RESERVED[] = " !\"#$%&'()*+,/:;<=>?@[\\]^`{|}";

/* The value in one of the forms; false past the last. */
static bool
write_form(int form, Str value, Buf *out)
{
    CLEANUP(buf_done) Buf inner = BUF_INIT(4096);
    CLEANUP(buf_done) Buf encoded = BUF_INIT(4096);
    switch (form) {
    case 0:
        add_text(out, "@", value);
        return true;
    case 1:
    case 2:
    case 3:                                        /* base64 at each alignment */
        for (int i = 1; i < form; i++)
            buf_addc(&inner, 'x');
        buf_add_str(&inner, value);
        buf_adds(&inner, ",more");
        base64_encode(buf_str(&inner), out);
        return true;
    case 4:
    case 5:                                        /* the URL alphabet; lines of 20 */
        buf_adds(&inner, "ab");
        buf_add_str(&inner, value);
        base64_encode(buf_str(&inner), &encoded);
        for (size_t i = 0; i < encoded.n; i++) {
            char c = encoded.data[i];
            buf_addc(out, form == 5 ? c : c == '+' ? '-' : c == '/' ? '_' : c);
            if (form == 5 && i % 20 == 19)
                buf_adds(out, "\n  ");
        }
        return true;
    case 6:
        escape(value, RESERVED, "%", UPPER, out);
        return true;
    case 7:
        escape(value, RESERVED, "%", LOWER, out);
        return true;
    case 8:
        escape(value, "", "%", UPPER, out);
        return true;
    case 9:
        escape(value, "", "", LOWER, out);
        return true;
    case 10:
        escape(value, "", "", UPPER, out);
        return true;
    case 11:
        json_escape(value, out);
        return true;
    case 12:
        json_escape(value, &inner);
        json_escape(buf_str(&inner), out);
        return true;
    case 13:
    case 14:
    case 15:
    case 16:
    case 17:
    case 18:
    case 19:
    case 20:
    case 21:                                       /* base64 twice: each place in each */
        for (int i = 0; i < (form - 13) / 3; i++)
            buf_addc(&inner, 'x');
        buf_add_str(&inner, value);
        for (int i = 0; i < (form - 13) % 3; i++)
            buf_addc(&encoded, 'y');
        base64_encode(buf_str(&inner), &encoded);
        base64_encode(buf_str(&encoded), out);
        return true;
    case 22:                                       /* escaped twice for URLs */
        escape(value, RESERVED, "%25", UPPER, out);
        return true;
    default:
        return false;
    }
}
enum { FORMS = 23 };

static LiteralSet *
make_set(SecretBook **ret_book)
{
    Err err = {0};
    LiteralSet *set = NULL;
    SecretBook *book = secret_book_new();
    ck_assert_ptr_nonnull(book);
    for (size_t i = 0; i < sizeof VALUES / sizeof *VALUES; i++)
        secret_book_add(book, str_of(VALUES[i]), SECRET_BY_STRUCTURE);
    ck_assert_ok(literal_set_new(book, &set, &err), err);
    *ret_book = book;
    return set;
}

static Status
sink(void *context, const char *bytes, size_t n, Err *err)
{
    buf_add(context, bytes, n);
    return buf_status(context, err);
}

static void
count(void *context, uint64_t line, size_t value_bytes)
{
    (void)line;
    (void)value_bytes;
    ++*(unsigned *)context;
}

static void
pass(const LiteralSet *set, Str text, size_t piece, Buf *out, unsigned *hits)
{
    Err err = {0};
    LiteralScan scan;
    *hits = 0;
    buf_clear(out);
    literal_scan_init(&scan, set, sink, out, count, hits);
    for (size_t at = 0; at < text.n; at += piece)
        ck_assert_ok(literal_scan_feed(&scan, text.p + at,
                                       text.n - at < piece ? text.n - at : piece, &err),
                     err);
    ck_assert_ok(literal_scan_end(&scan, &err), err);
    literal_scan_done(&scan);
}

START_TEST(every_form_of_every_value_is_found)
{
    CLEANUP(buf_done) Buf text = BUF_INIT(SIZE_MAX);
    CLEANUP(buf_done) Buf form = BUF_INIT(SIZE_MAX);
    CLEANUP(buf_done) Buf out = BUF_INIT(SIZE_MAX);
    SecretBook *book;
    LiteralSet *set = make_set(&book);
    unsigned hits;
    for (size_t v = 0; v < sizeof VALUES / sizeof *VALUES; v++) {
        buf_clear(&form);
        ck_assert(write_form(_i, str_of(VALUES[v]), &form));
        for (size_t around = 0; around < 3; around++) {
            buf_clear(&text);
            buf_adds(&text, around == 1 ? "before " : "");
            buf_add_str(&text, buf_str(&form));
            buf_adds(&text, around == 2 ? " behind" : "");
            pass(set, buf_str(&text), SIZE_MAX / 2, &out, &hits);
            ck_assert_msg(hits == 1, "value %zu, %u hits: %s -> %s", v, hits, text.data, out.data);
            /* Of base64 the part that other bytes decide stays. */
            ck_assert_msg(out.n <= text.n + 20 && strstr(out.data, "<redacted:literal>"), "%s", out.data);
        }
    }
    literal_set_free(set);
    secret_book_free(book);
}
END_TEST

START_TEST(where_the_text_is_cut_decides_nothing)
{
    CLEANUP(buf_done) Buf text = BUF_INIT(SIZE_MAX);
    CLEANUP(buf_done) Buf whole = BUF_INIT(SIZE_MAX);
    CLEANUP(buf_done) Buf out = BUF_INIT(SIZE_MAX);
    SecretBook *book;
    LiteralSet *set = make_set(&book);
    unsigned expected;
    unsigned hits;
    /* Over several windows, so that every form lies across a border somewhere. */
    for (unsigned i = 0; text.n < 1 << 20; i++) {
        buf_printf(&text, "%u some plain text of a log\n", i * 7919);
        (void)write_form((int)(i % FORMS), str_of(VALUES[i % 5]), &text);
        buf_adds(&text, i % 3 ? "\n" : ", ");
    }
    pass(set, buf_str(&text), SIZE_MAX / 2, &whole, &expected);
    ck_assert_uint_gt(expected, 10000);
    static const size_t PIECES[] = {1, 7, 4096, 65537, 262144, 262145};
    for (size_t i = 0; i < sizeof PIECES / sizeof *PIECES; i++) {
        pass(set, buf_str(&text), PIECES[i], &out, &hits);
        ck_assert_uint_eq(hits, expected);
        ck_assert(str_eq(buf_str(&out), buf_str(&whole)));
    }
    literal_set_free(set);
    secret_book_free(book);
}
END_TEST

START_TEST(a_value_across_any_border_of_windows_is_found)
{
    enum { WINDOW = 256 << 10 };
    CLEANUP(buf_done) Buf text = BUF_INIT(SIZE_MAX);
    CLEANUP(buf_done) Buf out = BUF_INIT(SIZE_MAX);
    SecretBook *book;
    LiteralSet *set = make_set(&book);
    unsigned hits;
    for (size_t at = WINDOW - 20; at < WINDOW + 20; at++) {
        for (int ahead = 0; ahead < 2; ahead++) {
            buf_clear(&text);
            size_t place = ahead ? at - 16384 : at;      /* where windows are cut */
            while (text.n < place)
                buf_adds(&text, ".");
            buf_adds(&text, VALUES[0]);
            while (text.n < WINDOW + 4096)
                buf_adds(&text, ".");
            pass(set, buf_str(&text), 100000, &out, &hits);
            ck_assert_uint_eq(hits, 1);
            ck_assert(!strstr(out.data, VALUES[0]));
        }
    }
    literal_set_free(set);
    secret_book_free(book);
}
END_TEST

START_TEST(lines_keep_their_numbers)
{
    CLEANUP(buf_done) Buf out = BUF_INIT(SIZE_MAX);
    SecretBook *book;
    LiteralSet *set = make_set(&book);
    unsigned hits;
    CLEANUP(buf_done) Buf text = BUF_INIT(SIZE_MAX);
    ck_assert(write_form(5, str_of(VALUES[0]), &text));
    ck_assert(write_form(5, str_of(VALUES[1]), &text));
    size_t before = 0;
    size_t after = 0;
    pass(set, buf_str(&text), 10, &out, &hits);
    for (size_t i = 0; i < text.n; i++)
        before += text.data[i] == '\n';
    for (size_t i = 0; i < out.n; i++)
        after += out.data[i] == '\n';
    ck_assert_uint_eq(hits, 2);
    ck_assert_uint_eq(before, after);
    literal_set_free(set);
    secret_book_free(book);
}
END_TEST

static const struct {
    const char *value;
    SecretOrigin origin;
    bool taken;
} TAKEN[] = {
    {"password", SECRET_BY_STRUCTURE, false},
    {"admin", SECRET_BY_STRUCTURE, false},
    {"administrator", SECRET_BY_STRUCTURE, false},
    {"swordfish", SECRET_BY_STRUCTURE, false},
    {"correcthorsebattery", SECRET_BY_STRUCTURE, true},
    {"correcthorsebattery", SECRET_BY_SHAPE, false},
    {"hunter2xyz", SECRET_BY_STRUCTURE, true},
    {"1528963200000", SECRET_BY_STRUCTURE, false},
    {"12345678", SECRET_BY_STRUCTURE, false},
    {"istio-pilot-0", SECRET_BY_STRUCTURE, false},
    {"/etc/certs/key.pem", SECRET_BY_STRUCTURE, false},
    {"$(POD_NAME)-token", SECRET_BY_STRUCTURE, false},
    {"<redacted:jwt>", SECRET_BY_STRUCTURE, false},
    {"k7Qm2xWz9LpT", SECRET_BY_SHAPE, true},
    {"v1alpha3", SECRET_BY_SHAPE, true},
    {"istio-policy-7c9d8b", SECRET_BY_SHAPE, true},
    {"shortpw", SECRET_KNOWN, false},
    {"abcdefgh", SECRET_KNOWN, true},
};

START_TEST(words_are_left_alone)
{
    ck_assert_msg(secret_is_distinctive(str_of(TAKEN[_i].value), TAKEN[_i].origin) == TAKEN[_i].taken,
                  "%s", TAKEN[_i].value);
}
END_TEST

START_TEST(names_of_objects_are_spared)
{
    Err err = {0};
    LiteralSet *set = NULL;
    SecretBook *book = secret_book_new();
    secret_book_add(book, STR("details-v1-6c5f4b7d9"), SECRET_BY_STRUCTURE);
    secret_book_add(book, STR("x9K2mQ7vLp"), SECRET_BY_STRUCTURE);
    secret_book_spare(book, STR("details-v1-6c5f4b7d9"));
    ck_assert_ok(literal_set_new(book, &set, &err), err);
    ck_assert_uint_eq(literal_set_count(set), 1);
    literal_set_free(set);
    secret_book_free(book);
}
END_TEST

START_TEST(more_values_than_there_is_room_for_are_counted)
{
    CLEANUP(buf_done) Buf value = BUF_INIT(100);
    SecretBook *book = secret_book_new();
    for (unsigned i = 0; i < 40000; i++) {
        buf_clear(&value);
        buf_printf(&value, "abk%ux%uQ9z", i, i * 2654435761u);
        secret_book_add(book, buf_str(&value), SECRET_BY_STRUCTURE);
    }
    ck_assert_uint_eq(secret_book_count(book) + secret_book_left_out(book), 40000);
    ck_assert_uint_ge(secret_book_count(book), 8192);
    secret_book_free(book);
}
END_TEST

/* Values that begin alike must not make every look-up long. */
START_TEST(values_that_begin_alike_cost_no_more)
{
    CLEANUP(buf_done) Buf value = BUF_INIT(100);
    CLEANUP(buf_done) Buf text = BUF_INIT(SIZE_MAX);
    CLEANUP(buf_done) Buf out = BUF_INIT(SIZE_MAX);
    Err err = {0};
    LiteralSet *set = NULL;
    unsigned hits;
    SecretBook *book = secret_book_new();
    for (unsigned i = 0; i < 8000; i++) {
        buf_clear(&value);
        buf_printf(&value, "SamePrefix0SamePrefix0%08x", i * 2654435761u);
        secret_book_add(book, buf_str(&value), SECRET_BY_STRUCTURE);
    }
    ck_assert_ok(literal_set_new(book, &set, &err), err);
    while (text.n < 4 << 20)
        buf_adds(&text, "SamePrefix0");
    pass(set, buf_str(&text), 1 << 20, &out, &hits);      /* the test's time limit is the check */
    ck_assert_uint_eq(hits, 0);
    literal_set_free(set);
    secret_book_free(book);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("literal");
    TCase *tcase = tcase_create("literal");
    tcase_set_timeout(tcase, 20);
    tcase_add_loop_test(tcase, every_form_of_every_value_is_found, 0, FORMS);
    tcase_add_test(tcase, where_the_text_is_cut_decides_nothing);
    tcase_add_test(tcase, a_value_across_any_border_of_windows_is_found);
    tcase_add_test(tcase, lines_keep_their_numbers);
    tcase_add_loop_test(tcase, words_are_left_alone, 0, (int)(sizeof TAKEN / sizeof *TAKEN));
    tcase_add_test(tcase, names_of_objects_are_spared);
    tcase_add_test(tcase, more_values_than_there_is_room_for_are_counted);
    tcase_add_test(tcase, values_that_begin_alike_cost_no_more);
    suite_add_tcase(suite, tcase);
    return suite;
}
