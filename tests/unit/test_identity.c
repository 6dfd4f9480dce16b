/* SPDX-License-Identifier: Apache-2.0 */
/* test_identity.c -- pseudonyms: consistent, of the same kind, and no further. */
#include "base/cleanup.h"
#include "collector/identity.h"
#include "tests/unit/runner.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

static Pseudonyms *
make(void)
{
    Pseudonyms *p = pseudonyms_new(STR("a key that tests share"));
    ck_assert_ptr_nonnull(p);
    return p;
}

static const char *const KEPT[] = {
    "127.0.0.1:15000 0.0.0.0 169.254.169.254 255.255.255.0 224.0.0.1 ::1 fe80::1",
    "v1.2.3.4 1.2.3 1.2.3.4.5 300.1.2.3 01.2.3.4 2018-06-14T08:03:01.123456Z 12:30:00 a::b std::string",
    "istio-pilot.istio-system.svc.cluster.local:15010 reviews.default.svc details:9080",
    "config.istio.io/v1alpha2 apps.k8s.io kubernetes.io/hostname docker.io/istio/proxyv2:0.8.0",
    "handler.prometheus.istio-system main.go:42 log.Options proxy.json stats.txt container.log",
    "user: unable to log in; system:serviceaccount:kube-system:default user=system:node:a user=root",
    "User \"system:serviceaccount:a:b\" cannot list; User \"\"; the User \"",
    "grpc_server_handled_total{grpc_code=\"OK\"} 68 source.ip destination.service",
    "spiffe://cluster.local/ns/default/sa/bookinfo outbound|9080|v1|reviews.default.svc.cluster.local",
};

START_TEST(what_is_nobodys_stays)
{
    Pseudonyms *p = make();
    CLEANUP(buf_done) Buf out = BUF_INIT(SIZE_MAX);
    ck_assert_msg(!identity_text(p, str_of(KEPT[_i]), &out), "%s", out.data);
    ck_assert_str_view(buf_str(&out), KEPT[_i]);
    pseudonyms_free(p);
}
END_TEST

static const struct {
    const char *text;
    const char *gone;
    const char *pattern;      /* '#' a hexadecimal digit, '?' a number */
} CHANGED[] = {
    {"from 10.40.2.9:80 to", "10.40.2.9", "from 10.?.?.?:80 to"},
    {"\"192.168.7.20\"", ".7.20", "\"192.168.?.?\""},
    {"http_10.96.0.1_443", "96.0.1", "http_10.?.?.?_443"},
    {"node ip-10-0-187-218.ec2.internal up", "0-187-218", "node ip-10-?-?-?.h############.internal up"},
    {"pods 10.40.0.0/16 and", "10.40.", "pods 10.?.0.0/16 and"},
    {"host db.prod.corp.example.com:5432", "corp", "host h############.h############.h############.h############.com:5432"},
    {"*.wikipedia.org", "wikipedia", "*.h############.org"},
    {"by jane.doe+x@corp.com now", "jane", "by u############@h############.com now"},
    {"{\"user\":\"jane\",\"n\":1}", "jane", "{\"user\":\"u############\",\"n\":1}"},
    {"{\\\"username\\\": \\\"jane\\\"}", "jane", "{\\\"username\\\": \\\"u############\\\"}"},
    {"user=jane ok", "jane", "user=u############ ok"},
    {"pods is forbidden: User \"jane\" cannot list", "jane", "pods is forbidden: User \"u############\" cannot list"},
    {"User \\\"oidc:corp/jane@x\\\" cannot", "jane", "User \\\"u############\\\" cannot"},
    {"  user: jane\n", "jane", "  user: u############\n"},
};

/* Whether the text is as the pattern says. */
static bool
fits(Str text, const char *pattern)
{
    size_t at = 0;
    for (; *pattern; pattern++) {
        if (*pattern == '?') {
            if (at >= text.n || !isdigit((unsigned char)text.p[at]))
                return false;
            while (at < text.n && isdigit((unsigned char)text.p[at]))
                at++;
        } else if (at >= text.n || (*pattern == '#' ? !isxdigit((unsigned char)text.p[at]) : text.p[at] != *pattern)) {
            return false;
        } else {
            at++;
        }
    }
    return at == text.n;
}

START_TEST(who_is_somebody_gets_a_pseudonym)
{
    Pseudonyms *p = make();
    CLEANUP(buf_done) Buf out = BUF_INIT(SIZE_MAX);
    CLEANUP(buf_done) Buf again = BUF_INIT(SIZE_MAX);
    ck_assert(identity_text(p, str_of(CHANGED[_i].text), &out));
    ck_assert_msg(fits(buf_str(&out), CHANGED[_i].pattern), "%s", out.data);
    ck_assert_msg(!strstr(out.data, CHANGED[_i].gone), "%s", out.data);
    (void)identity_text(p, str_of(CHANGED[_i].text), &again);
    ck_assert_str_view(buf_str(&again), out.data);
    pseudonyms_free(p);
}
END_TEST

static unsigned
common_bits(const unsigned char *a, const unsigned char *b, unsigned bytes)
{
    unsigned bits = 0;
    while (bits < bytes * 8 && (a[bits / 8] >> (7 - bits % 8) & 1) == (b[bits / 8] >> (7 - bits % 8) & 1))
        bits++;
    return bits;
}

START_TEST(addresses_keep_their_common_prefixes_and_ranges)
{
    Pseudonyms *p = make();
    uint64_t state = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        unsigned char a[2][16];
        unsigned char b[2][16];
        unsigned bytes = i % 2 ? 4 : 16;
        for (int k = 0; k < 2; k++)
            for (unsigned j = 0; j < bytes; j++) {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                a[k][j] = (unsigned char)(state >> 32);
            }
        memcpy(a[1], a[0], (size_t)i % bytes);
        if (i % 3 == 0)
            a[0][0] = a[1][0] = bytes == 4 ? (i % 5 ? 172 : 10) : 0xfd;
        memcpy(b, a, sizeof b);
        identity_address(p, b[0], bytes);
        identity_address(p, b[1], bytes);
        bool whole = bytes == 4 && (a[0][0] == 0 || a[0][0] == 127 || a[0][0] >= 224 || a[1][0] == 0 ||
                                    a[1][0] == 127 || a[1][0] >= 224);
        if (!whole && bytes == 4)
            ck_assert_uint_eq(common_bits(a[0], a[1], bytes), common_bits(b[0], b[1], bytes));
        for (int k = 0; k < 2 && bytes == 4; k++) {
            ck_assert_int_eq(a[k][0] == 10, b[k][0] == 10);
            ck_assert_int_eq(a[k][0] == 172 && a[k][1] >> 4 == 1, b[k][0] == 172 && b[k][1] >> 4 == 1);
            ck_assert_int_eq(a[k][0] == 192 && a[k][1] == 168, b[k][0] == 192 && b[k][1] == 168);
            ck_assert_int_eq(a[k][0] == 127, b[k][0] == 127);
        }
        if (bytes == 16)
            ck_assert_int_eq(a[0][0] >> 1 == 0x7e, b[0][0] >> 1 == 0x7e);
    }
    pseudonyms_free(p);
}
END_TEST

START_TEST(another_key_gives_other_pseudonyms)
{
    Pseudonyms *a = make();
    Pseudonyms *b = pseudonyms_new(STR("another key of tests"));
    Pseudonyms *c = pseudonyms_new(STR(""));
    Pseudonyms *d = pseudonyms_new(STR(""));
    Buf out[4] = {BUF_INIT(999), BUF_INIT(999), BUF_INIT(999), BUF_INIT(999)};
    Pseudonyms *all[] = {a, b, c, d};
    for (size_t i = 0; i < 4; i++) {
        (void)identity_text(all[i], STR("jane@corp.com at 10.1.2.3"), &out[i]);
        for (size_t k = 0; k < i; k++)
            ck_assert_str_ne(out[i].data, out[k].data);
        pseudonyms_free(all[i]);
    }
    for (size_t i = 0; i < 4; i++)
        buf_done(&out[i]);
}
END_TEST

static Status
sink(void *context, const char *bytes, size_t n, Err *err)
{
    buf_add(context, bytes, n);
    return buf_status(context, err);
}

START_TEST(where_a_text_is_cut_decides_nothing)
{
    static const size_t PIECES[] = {1, 1000, 65536, 131071, 131072, 131073};
    Pseudonyms *p = make();
    CLEANUP(buf_done) Buf text = BUF_INIT(SIZE_MAX);
    CLEANUP(buf_done) Buf whole = BUF_INIT(SIZE_MAX);
    Err err = {0};
    for (unsigned i = 0; text.n < 400 << 10; i++)
        buf_printf(&text, "%u %s 10.%u.%u.%u\n", i, CHANGED[i % (sizeof CHANGED / sizeof *CHANGED)].text,
                   i % 200, i % 31, i % 250);
    (void)identity_text(p, buf_str(&text), &whole);
    for (size_t i = 0; i < sizeof PIECES / sizeof *PIECES; i++) {
        CLEANUP(buf_done) Buf out = BUF_INIT(SIZE_MAX);
        IdentityScan scan;
        identity_scan_init(&scan, p, sink, &out);
        for (size_t at = 0; at < text.n; at += PIECES[i])
            ck_assert_ok(identity_scan_feed(&scan, text.data + at,
                                            text.n - at < PIECES[i] ? text.n - at : PIECES[i], &err),
                         err);
        ck_assert_ok(identity_scan_end(&scan, &err), err);
        identity_scan_done(&scan);
        ck_assert(str_eq(buf_str(&out), buf_str(&whole)));
    }
    pseudonyms_free(p);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("identity");
    TCase *tcase = tcase_create("identity");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, what_is_nobodys_stays, 0, (int)(sizeof KEPT / sizeof *KEPT));
    tcase_add_loop_test(tcase, who_is_somebody_gets_a_pseudonym, 0, (int)(sizeof CHANGED / sizeof *CHANGED));
    tcase_add_test(tcase, addresses_keep_their_common_prefixes_and_ranges);
    tcase_add_test(tcase, another_key_gives_other_pseudonyms);
    tcase_add_test(tcase, where_a_text_is_cut_decides_nothing);
    suite_add_tcase(suite, tcase);
    return suite;
}
