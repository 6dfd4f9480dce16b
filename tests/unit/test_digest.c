/* SPDX-License-Identifier: Apache-2.0 */
/* test_digest.c -- SHA-256 and HMAC-SHA-256: the published vectors, in one piece and many. */
#include "base/digest.h"
#include "tests/unit/runner.h"

#include <limits.h>
#include <string.h>

/* FIPS 180-2, and RFC 4231 where there is a key. */
static const struct {
    const char *key;    /* NULL: plain SHA-256 */
    const char *text;
    const char *hex;
} VECTORS[] = {
    {NULL, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {NULL, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {NULL, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"Jefe", "what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {"\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b",
     "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {"", "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
};

START_TEST(published_vectors)
{
    Digest digest;
    Digest back;
    Err err = {0};
    char hex[DIGEST_HEX_BYTES];
    Str text = str_of(VECTORS[_i].text);
    if (VECTORS[_i].key)
        ck_assert_ok(digest_hmac(str_of(VECTORS[_i].key), text, &digest, &err), err);
    else
        ck_assert_ok(digest_of(text, &digest, &err), err);
    digest_hex(&digest, hex);
    ck_assert_str_eq(hex, VECTORS[_i].hex);
    ck_assert(digest_from_hex(str_of(hex), &back));
    ck_assert(digest_eq(&digest, &back));
}
END_TEST

START_TEST(pieces_make_the_same_digest)
{
    CLEANUP(cleanup_digest) DigestState *state = digest_new();
    char text[1000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)i;
    Digest whole, pieces;
    Err err = {0};
    ck_assert_ok(digest_of((Str){text, sizeof text}, &whole, &err), err);
    digest_add(state, "noise", 5);
    digest_reset(state);
    for (int round = 0; round < 2; round++) {    /* digest_end() resets */
        for (size_t at = 0; at < sizeof text; at += 10)
            digest_add(state, text + at, 10);
        digest_add(state, NULL, 0);
        digest_end(state, &pieces);
        ck_assert(digest_eq(&whole, &pieces));
    }
}
END_TEST

START_TEST(a_nothing_is_no_text)
{
    Digest a, b;
    ck_assert_status(digest_of((Str){NULL, 0}, &a, NULL), ST_OK);
    ck_assert_status(digest_of(STR(""), &b, NULL), ST_OK);
    ck_assert(digest_eq(&a, &b));
    ck_assert_status(digest_hmac((Str){NULL, 0}, (Str){NULL, 0}, &a, NULL), ST_OK);
    ck_assert_status(digest_hmac(STR(""), STR(""), &b, NULL), ST_OK);
    ck_assert(digest_eq(&a, &b));
    ck_assert_status(digest_hmac((Str){"", (size_t)INT_MAX + 1}, STR(""), &a, NULL), ST_LIMIT);
}
END_TEST

static const char *const NOT_HEX[] = {
    "",
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a",
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015add",
    "ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a ",
};

START_TEST(hex_is_checked)
{
    Digest digest;
    memset(&digest, 7, sizeof digest);
    ck_assert(!digest_from_hex(str_of(NOT_HEX[_i]), &digest));
    ck_assert_int_eq(digest.bytes[0], 7);
}
END_TEST

START_TEST(hex_may_be_upper_case)
{
    Digest a, b;
    ck_assert(digest_from_hex(
        STR("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"), &a));
    ck_assert_status(digest_of(STR("abc"), &b, NULL), ST_OK);
    ck_assert(digest_eq(&a, &b));
    b.bytes[31] ^= 1;
    ck_assert(!digest_eq(&a, &b));
}
END_TEST

START_TEST(freeing_nothing_is_allowed)
{
    ck_assert_ptr_null(digest_free(NULL));
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("digest");
    TCase *tcase = tcase_create("digest");
    tcase_add_loop_test(tcase, published_vectors, 0, (int)(sizeof VECTORS / sizeof *VECTORS));
    tcase_add_test(tcase, pieces_make_the_same_digest);
    tcase_add_test(tcase, a_nothing_is_no_text);
    tcase_add_loop_test(tcase, hex_is_checked, 0, (int)(sizeof NOT_HEX / sizeof *NOT_HEX));
    tcase_add_test(tcase, hex_may_be_upper_case);
    tcase_add_test(tcase, freeing_nothing_is_allowed);
    suite_add_tcase(suite, tcase);
    return suite;
}
