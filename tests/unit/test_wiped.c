/* SPDX-License-Identifier: Apache-2.0 */
/* test_wiped.c -- what was secret is nowhere in the process's memory once the redactor is freed.
 *
 * The secret is made byte by byte and stands in no memory of the test but in buffers that are
 * wiped; then all memory that can be written is searched for it, heap and stack included. */
#include "base/cleanup.h"
#include "collector/base64.h"
#include "collector/redact.h"
#include "tests/unit/runner.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { SECRET_BYTES = 22, FORMS = 2 };

/* The secret's bytes one by one: they stand beside each other only where something wrote it. */
static char
secret_byte(size_t i)
{
    return (char)((i % 3 == 1 ? 'A' : 'a') + (i * 7 + 3) % 26);
}

static void
add_secret(Buf *out)
{
    for (size_t i = 0; i < SECRET_BYTES; i++)
        buf_addc(out, secret_byte(i));
}

static bool
stands_at(const char *p)
{
    for (size_t i = 0; i < SECRET_BYTES; i++)
        if (p[i] != secret_byte(i))
            return false;
    return true;
}

/* The places in what can be written of the process's memory where it stands. */
static unsigned
search_memory(void)
{
    unsigned found = 0;
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "re");
    ck_assert_ptr_nonnull(maps);
    while (fgets(line, sizeof line, maps)) {
        unsigned long begin;
        unsigned long end;
        char rights[5] = "";
        if (sscanf(line, "%lx-%lx %4s", &begin, &end, rights) != 3 || strncmp(rights, "rw", 2) != 0 ||
            strstr(line, "[v"))
            continue;
        for (const char *p = (const char *)begin; p + SECRET_BYTES <= (const char *)end; p++)
            if (stands_at(p)) {
                found++;
                (void)fprintf(stderr, "found at %p: %s", (const void *)p, line);
            }
    }
    (void)fclose(maps);
    return found;
}

static Status
sink(void *context, const char *bytes, size_t n, Err *err)
{
    buf_add(context, bytes, n);
    return buf_status(context, err);
}

static void
add_number(Buf *out, uint32_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        buf_addc(out, (char)(value >> 8 * i & 0xff));
}

/* gzip in base64, as Helm keeps a release: one block that is stored, so that no deflate of the
 * test keeps the secret in mind. */
static void
add_packed(Str bytes, Buf *out)
{
    CLEANUP(buf_done) Buf packed = BUF_INIT(1 << 20);
    packed.secret = true;
    buf_add(&packed, "\x1f\x8b\x08\0\0\0\0\0\0\x03\x01", 11);
    add_number(&packed, (uint32_t)bytes.n, 2);
    add_number(&packed, ~(uint32_t)bytes.n, 2);
    buf_add_str(&packed, bytes);
    add_number(&packed, (uint32_t)crc32(0, (const Bytef *)bytes.p, (uInt)bytes.n), 4);
    add_number(&packed, (uint32_t)bytes.n, 4);
    base64_encode(buf_str(&packed), out);
}

static void
make_text(int form, Buf *out)
{
    CLEANUP(buf_done) Buf plain = BUF_INIT(4096);
    plain.secret = true;
    buf_adds(&plain, "password: ");
    add_secret(&plain);
    buf_addc(&plain, '\n');
    if (form == 0) {                                   /* a log */
        buf_add_str(out, buf_str(&plain));
        buf_adds(out, "https://user:");
        add_secret(out);
        buf_adds(out, "@host/ and then ");
        add_secret(out);
        buf_adds(out, "\nin base64 ");
        base64_encode(buf_str(&plain), out);
        return;
    }
    buf_adds(out, "{\"kind\":\"List\",\"items\":[{\"kind\":\"Secret\",\"data\":{\"k\":\"");
    base64_encode(buf_str(&plain), out);
    buf_adds(out, "\"}},{\"kind\":\"ConfigMap\",\"data\":{\"a.yaml\":\"a: 1\\npassword: ");
    add_secret(out);
    buf_adds(out, "\\n\",\"release\":\"");
    add_packed(buf_str(&plain), out);
    buf_adds(out, "\"}},{\"env\":[{\"name\":\"DB_PASSWORD\",\"value\":\"");
    add_secret(out);
    buf_adds(out, "\"}]}]}");
}

/* Both passes over the text; everything is given back. */
static void
redact(int form, Str text)
{
    Err err = {0};
    CLEANUP(buf_done) Buf between = BUF_INIT(1 << 20);
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
    CLEANUP(cleanup_redactor) Redactor *redactor = redactor_new(REDACT_LEVEL_SECRETS, STR(""));
    RedactStream *stream = NULL;
    RedactFinal *final = NULL;
    size_t at;
    between.secret = true;
    ck_assert_ok(redact_stream_new(redactor, "m", form ? REDACT_JSON : REDACT_TEXT, sink, &between, &stream, &err), err);
    for (; text.n > 0; text = str_from(text, 7))          /* in pieces, so that buffers grow */
        ck_assert_ok(redact_stream_feed(stream, text.p, text.n < 7 ? text.n : 7, &err), err);
    ck_assert_ok(redact_stream_end(stream, &err), err);
    redact_stream_free(stream);
    ck_assert_ok(redactor_seal(redactor, &err), err);
    ck_assert_ok(redact_final_new(redactor, "m", 0, sink, &out, &final, &err), err);
    ck_assert_ok(redact_final_feed(final, between.data, between.n, &err), err);
    ck_assert_ok(redact_final_end(final, &err), err);
    redact_final_free(final);
    ck_assert_msg(str_find(buf_str(&out), STR("<redacted:"), &at), "nothing was redacted: %s", out.data);
}

START_TEST(nothing_of_a_secret_is_left_in_memory)
{
    Buf text = BUF_INIT(1 << 20);
    text.secret = true;
    make_text(_i, &text);
    ck_assert_uint_gt(search_memory(), 0);             /* the search finds what is there */
    redact(_i, buf_str(&text));
    buf_done(&text);
    ck_assert_uint_eq(search_memory(), 0);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("wiped");
    TCase *tcase = tcase_create("wiped");
    tcase_set_timeout(tcase, 120);
    /* AddressSanitizer keeps what was freed, and has writable memory that cannot be read. */
#ifdef __SANITIZE_ADDRESS__
    (void)nothing_of_a_secret_is_left_in_memory;
#else
    tcase_add_loop_test(tcase, nothing_of_a_secret_is_left_in_memory, 0, FORMS);
#endif
    suite_add_tcase(suite, tcase);
    return suite;
}
