/* SPDX-License-Identifier: Apache-2.0 */
/* test_redact.c -- secrets go, everything else stays as it was. */
#include "base/limits.h"
#include "collector/redact.h"
#include "collector/secret_name.h"
#include "tests/unit/runner.h"

#include <stdlib.h>
#include <string.h>

static Status
sink(void *context, const char *bytes, size_t n, Err *err)
{
    buf_add(context, bytes, n);
    return buf_status(context, err);
}

/* Sends the text through a stream in pieces. */
static void
pass(RedactLevel level, RedactForm form, Str text, size_t piece, Buf *out, uint64_t *hits)
{
    Err err = {0};
    CLEANUP(cleanup_redactor) Redactor *redactor = redactor_new(level, STR(""));
    RedactStream *stream = NULL;
    buf_clear(out);
    ck_assert_ok(redact_stream_new(redactor, "m", form, sink, out, &stream, &err), err);
    for (size_t at = 0; at < text.n; at += piece)
        ck_assert_ok(redact_stream_feed(stream, text.p + at,
                                        text.n - at < piece ? text.n - at : piece, &err),
                     err);
    ck_assert_ok(redact_stream_end(stream, &err), err);
    *hits = redact_stream_hits(stream);
    redact_stream_free(stream);
}

static const struct {
    const char *placeholder;
    const char *sample;
    const char *secret;
} RULES[] = {
#define REDACT(name, placeholder, where, sample, secret)                                           \
    {"<redacted:" placeholder ">", sample, secret},
#include "collector/redact.def"
#undef REDACT
};

START_TEST(every_rule_finds_its_sample_however_it_is_cut)
{
    CLEANUP(buf_done) Buf out = BUF_INIT(SIZE_MAX);
    Str sample = str_of(RULES[_i].sample);
    uint64_t hits;
    size_t at;
    if (sample.n == 0)
        return;                   /* "literal" belongs to the second pass: test_literal.c */
    for (size_t piece = 1; piece <= sample.n; piece++) {
        pass(REDACT_LEVEL_SECRETS, sample.p[0] == '{' ? REDACT_JSON : REDACT_TEXT, sample, piece,
             &out, &hits);
        ck_assert_msg(!str_find(buf_str(&out), str_of(RULES[_i].secret), &at), "piece %zu: %s",
                      piece, out.data);
        ck_assert_msg(str_find(buf_str(&out), str_of(RULES[_i].placeholder), &at), "piece %zu: %s",
                      piece, out.data);
        ck_assert_uint_eq(hits, 1);
    }
    pass(REDACT_LEVEL_NONE, REDACT_TEXT, sample, 7, &out, &hits);
    ck_assert_str_view(buf_str(&out), RULES[_i].sample);
}
END_TEST

/* Texts that must come out without a change. */
static const char *const HARMLESS[] = {
    "</a:Password>ordinary1234Text<b>\n",
    "<%2Fwsse:Password>\",\"ordinary1234Text<b>\n",
    "a.b?=ordinary1234Text\n",
    "2018-06-14T08:03:01.123456Z\tinfo\tadapters\tserving prometheus metrics on "
    "42422\t{\"adapter\": \"handler.prometheus.istio-system\"}\n",
    "error: You must be logged in to the server (Unauthorized)\n",
    "date -u +%H:%M:%S; id -u istio-proxy; su -u root:\n",
    "Failed to get secret (error: Get https://10.0.0.1:443/api), will create one\n",
    "could not get secret: secrets \"istio.default\" not found\n",
    "error failed to create JWT authenticator (error Get \"https://accounts.google.com/x\": dial "
    "tcp: timeout)\n",
    "{\"attributes\":{\"request.api_key\":{\"valueType\":\"STRING\"},\"token\":{\"token_type\":"
    "\"Bearer\"}}}",
    "{\"name\":\"PILOT_CERT_PATH\",\"value\":\"/etc/certs\"}",
    "{\"secretName\":\"istio.default\",\"automountServiceAccountToken\":false,"
    "\"tokenExpirationSeconds\":3600}",
    "{\"env\":[{\"name\":\"no_proxy\",\"value\":\"127.0.0.1,10.84.100.125\"},{\"name\":\"http_"
    "proxy\",\"value\":\"http://proxy.example.com:80\"}]}",
    "{\"metadata\":{\"continue\":\"abcdefghijklmnop1234567890\"}}",
    "{\"env\":[{\"name\":\"PASSWORD_FILE\",\"value\":\"/run/"
    "p\"},{\"name\":\"DB_PASSWORD\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"db\",\"key\":"
    "\"password\"}}}]}",
    "grpc_server_handled_total{grpc_code=\"OK\",grpc_method=\"Report\"} 68\n",
    "-----BEGIN CERTIFICATE-----\nMIIBszCC\n-----END CERTIFICATE-----\n",
    "curl -k --cert /etc/certs/cert-chain.pem --key /etc/certs/key.pem "
    "https://istio-pilot:15003/v1/registration\n",
    "eyJust a word. basic authentication. Bearer token of bad news.\n",
    "--zipkinAddress zipkin:9411 --discoveryAddress istio-pilot:15007\n",
    "http://user@host/path?x=1 12:30:00 a::b\n",
    "Authorization: denied by policy\npwd: /home/app/current\nPWD=/home/app\nprivateKey: /etc/certs/tls.key\n"
    "apiKey: header X-Api-Key\n",
    "net.ipv4.tcp_syncookies = 1\nTokens:  default-token-abc12\nbypass=on compass: north\n",
    "authorization:\n  mode: Webhook\n  webhook:\n    cacheAuthorizedTTL: 0s\n",
    "{\"authorization\":{\"type\":\"object\",\"properties\":{\"a\":{}},\"required\":[\"extensionRef\"]}}",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n"
    "sha256:5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8\n",
    "Access denied for user 'root'@'localhost' (using password: YES)\nusing password: NO\n",
    "password for user admin: must be changed\npassword for user a is wrong\nPassword is required. password to use: none\n"
    "password of root was reset to the default\nusing password authentication\nPassword authentication for b1234567 failed\n",
    "Password:\nLogin incorrect\nPassword:\nport: 8080\nPassword:\n\npassword:\nauth2=ok\n",
    "http://host:8080/x?y=a@b http://host:80#a b@c amqp: routing_key: orderscreatedv1orders2\n",
    "ENV PATH /usr/bin1\nenv DB_PASSWORD $SECRET1\nENV SECRET_FILE /run/secrets1\n",
    "pagerduty_configs:\n- service_key_file: /a/b\n  routing_key: orders.created.version.1\n",
    "mkdir -p build; ssh -p 2222 host; docker run -p 80:8080 x; date -u; chmod -w a.txt\n",
};

START_TEST(harmless_text_comes_out_unchanged)
{
    CLEANUP(buf_done) Buf out = BUF_INIT(SIZE_MAX);
    Str text = str_of(HARMLESS[_i]);
    uint64_t hits;
    for (size_t piece = 1; piece < 60; piece += 13) {
        pass(REDACT_LEVEL_SECRETS, text.p[0] == '{' ? REDACT_JSON : REDACT_TEXT, text, piece, &out,
             &hits);
        ck_assert_str_view(buf_str(&out), HARMLESS[_i]);
        ck_assert_uint_eq(hits, 0);
    }
}
END_TEST

static const struct {
    const char *in;
    const char *out;
} CASES[] = {
    {"{\"metadata\":{\"annotations\":{\"kubectl.kubernetes.io/last-applied-configuration\":"
     "\"{\\\"kind\\\":\\\"Secret\\\",\\\"data\\\":{\\\"k\\\":\\\"c3dvcmQ=\\\"}}\\n\"}}}",
     "{\"metadata\":{\"annotations\":{\"kubectl.kubernetes.io/last-applied-configuration\":"
     "\"{\\\"kind\\\":\\\"Secret\\\",\\\"data\\\":{\\\"k\\\":\\\"<redacted:secret-data>\\\"}}\\n\"}"
     "}}"},
    {"{\"data\":{\"a\":\"b\"},\"kind\":\"Secret\"}",
     "{\"data\":{\"a\":\"<redacted:secret-data>\"},\"kind\":\"Secret\"}"},
    {"{\"value\":\"x y\",\"name\":\"API_KEY\"}",
     "{\"value\":\"<redacted:env>\",\"name\":\"API_KEY\"}"},
    {"{\"d\\u0061ta\":{\"a\":\"b\"},\"kind\":\"Secret\"}",
     "{\"d\\u0061ta\":{\"a\":\"<redacted:secret-data>\"},\"kind\":\"Secret\"}"},
    {"{\"k\":\"-----BEGIN PRIVATE KEY-----\\nMIIE\\n-----END PRIVATE KEY-----\\n\",\"z\":1}",
     "{\"k\":\"<redacted:private-key>\\n\",\"z\":1}"},
    {"{\"k\":\"-----BEGIN PRIVATE KEY-----\\nMIIE\",\"z\":1}",
     "{\"k\":\"<redacted:private-key>\",\"z\":1}"},
    {"Authorization: Bearer abcdefgh1234 next\n", "Authorization: <redacted:assignment> next\n"},
    {"Cookie: a=1; b=2\nnext\n", "Cookie: <redacted:assignment>\nnext\n"},
    {"GET /x?access_token=abc&y=2\n", "GET /x?access_token=<redacted:assignment>&y=2\n"},
    {"run --password hunter2 --user x\n", "run --password <redacted:assignment> --user x\n"},
    {"{\"kind\":\"ConfigMap\",\"binaryData\":{\"a.p12\":\"TUlJ\",\"b.png\":\"aVZC\"}}",
     "{\"kind\":\"ConfigMap\",\"binaryData\":{\"a.p12\":\"<redacted:value>\",\"b.png\":\"aVZC\"}}"},
    {"curl -u admin:hunter2 http://x\n", "curl -u admin:<redacted:assignment> http://x\n"},
    {"    client-key-data: TFMwdExTMUNSVWRK\n", "    client-key-data: <redacted:assignment>\n"},
    {"GITHUB_PAT=a1b2c3d4e5f6\n", "GITHUB_PAT=<redacted:assignment>\n"},
    {"2018-06-14T08:03:01.123456Z -----BEGIN RSA PRIVATE KEY-----\n2018-06-14T08:03:01.123456Z "
     "MIIEabc\n"
     "2018-06-14T08:03:01.123456Z -----END RSA PRIVATE KEY-----\nafter\n",
     "2018-06-14T08:03:01.123456Z <redacted:private-key>\nafter\n"},
    {"-----BEGIN RSA PRIVATE KEY-----\nMIIEabc\nthis is no key\n",
     "<redacted:private-key>\nthis is no key\n"},
    {"{\"note\":\"IDENTIFIED BY 'Xk29dk2'\",\"b\":\"postgres://u:p4ss@h/d\",\"c\":\"t\"}",
     "{\"note\":\"IDENTIFIED BY '<redacted:assignment>'\",\"b\":\"postgres://u:<redacted:url-password>@h/d\","
     "\"c\":\"t\"}"},
    {"{\"password\":\"a\\\"b<c>\"} and {\\\"token\\\":\\\"x1y2z3w4v5\\\",\\\"n\\\":1}\n",
     "{\"password\":\"<redacted:assignment>\"} and {\\\"token\\\":\\\"<redacted:assignment>\\\",\\\"n\\\":1}\n"},
    {"2018-06-14T08:03:01.123456Z kind: Secret\n2018-06-14T08:03:01.123457Z data:\n"
     "2018-06-14T08:03:01.123458Z   a: c3dvcmRmaXNo\n2018-06-14T08:03:01.123459Z   b: c3dvcmQ=\n"
     "2018-06-14T08:03:01.123460Z type: Opaque\n",
     "2018-06-14T08:03:01.123456Z kind: Secret\n2018-06-14T08:03:01.123457Z data:\n"
     "2018-06-14T08:03:01.123458Z <redacted:secret-data>\n2018-06-14T08:03:01.123460Z type: Opaque\n"},
    {"- name: DB_PASSWORD\n  value: Xk29dk2\n- name: A\n  value: Xk29dk2\n",
     "- name: DB_PASSWORD\n  value: <redacted:assignment>\n- name: A\n  value: Xk29dk2\n"},
    {"{\"items\":[{\"env\":[{\"name\":\"A\",\"value\":\"kind: Secret\\ndata:\\n  a: c3dvcmRmaXNo\\n\"}]}]}",
     "{\"items\":[{\"env\":[{\"name\":\"A\",\"value\":\"kind: Secret\\ndata:\\n  a: "
     "\\\"<redacted:secret-data>\\\"\\n\"}]}]}"},
    {"{\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"x\"},\"data\":{\"a\":\"b\"},\"type\":\"Opaque\"}",
     "{\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"x\"},\"data\":{\"a\":\"<redacted:secret-data>\"},"
     "\"type\":\"Opaque\"}"},
    {"{\"u\":\"see https://user:secretpass@h\",\"a\":[\"--token=abc123abc123\"]}",
     "{\"u\":\"see https://user:<redacted:url-password>@h\",\"a\":[\"--token=<redacted:assignment>\"]}"},
    {"{\"password\": \"a b c\", \"x\": 1} not json\n",
     "{\"password\": \"<redacted:assignment>\", \"x\": 1} not json\n"},
    /* Keys as loggers leave them. */
    {"t\tinfo\t-----BEGIN EC PRIVATE KEY-----\nt\tinfo\tMHcCAQEEIKq1\nt\twarn\tlate\nt\tinfo\tAb==\n"
     "t\tinfo\t-----END EC PRIVATE KEY-----\nt\tinfo\tgo\n",
     "t\tinfo\t<redacted:private-key>\nt\tinfo\t<redacted:private-key>\nt\twarn\tlate\n"
     "t\tinfo\t<redacted:private-key>\nt\tinfo\t<redacted:private-key>\nt\tinfo\tgo\n"},
    {"{\"m\":\"-----BEGIN PRIVATE KEY-----\"}\n{\"m\":\"MIIEvQIBADANBgkq\",\"n\":1}\n{\"m\":\"-----END PRIVATE KEY-----\"}\n"
     "{\"m\":\"started\"}\n",
     "{\"m\":\"<redacted:private-key>\"}\n{\"m\":\"<redacted:private-key>\",\"n\":1}\n{\"m\":\"<redacted:private-key>\"}\n"
     "{\"m\":\"started\"}\n"},
    {"before\nqNLoUoAiP2SyPLf3MqKIA0zCkKI0fU6g\nbzZJynYk==\n-----END RSA PRIVATE KEY-----\nafter\n",
     "before\n<redacted:private-key>\nafter\n"},
    {"a 1qNLoUoAiP2SyPLf3MqKIA0zCkKI0fU6gbzZJynYktgXyYG27BDjPHNFxXl4MabX\n"
     "a 2zLg0T8BUWj9jpJXthmVKG3Mwho2BpZhA5UuGOjxSENZcMPLMM20ASu9ufYwtabX\nb end\n",
     "a <redacted:private-key>\na <redacted:private-key>\nb end\n"},
    {"-----BEGIN CERTIFICATE-----\n1qNLoUoAiP2SyPLf3MqKIA0zCkKI0fU6gbzZJynYktgXyYG27BDjPHNFxXl4MabX\n"
     "2zLg0T8BUWj9jpJXthmVKG3Mwho2BpZhA5UuGOjxSENZcMPLMM20ASu9ufYwtabX\n-----END CERTIFICATE-----\n",
     "-----BEGIN CERTIFICATE-----\n1qNLoUoAiP2SyPLf3MqKIA0zCkKI0fU6gbzZJynYktgXyYG27BDjPHNFxXl4MabX\n"
     "2zLg0T8BUWj9jpJXthmVKG3Mwho2BpZhA5UuGOjxSENZcMPLMM20ASu9ufYwtabX\n-----END CERTIFICATE-----\n"},
    {"k: -----BEGIN PRIVATE KEY----- MIIEvQIBADANBgkqhkiG9w0B Qw== -----END PRIVATE KEY----- next\n",
     "k: <redacted:private-key> next\n"},
    /* Headers. */
    {"':method', 'GET'\n'cookie', 'sid=X1; a=b'\n'x-api-key', 'X1y2'\n",
     "':method', 'GET'\n'cookie', '<redacted:assignment>'\n'x-api-key', '<redacted:assignment>'\n"},
    {"map[Accept:[*/*] Cookie:[sid=X1] Host:[x]]\n", "map[Accept:[*/*] Cookie:<redacted:assignment> Host:[x]]\n"},
    {"got {\"cookie\": [\"sid=X1\",\"b\"],\"n\":1}\n", "got {\"cookie\": \"<redacted:assignment>\",\"n\":1}\n"},
    {"{\"h\":[[\"cookie\",\"sid=X1\"],[\"host\",\"x\"]]}", "{\"h\":[[\"cookie\",\"<redacted:argument>\"],[\"host\",\"x\"]]}"},
    /* Signs, quotes, what programs put around values. */
    {"password\t=X1y2 z\npassword      =      X1y2\n",
     "password\t=<redacted:assignment> z\npassword      =      <redacted:assignment>\n"},
    {"password=abc,X1y2 password=abc,user=x password=a;b password=x(y)z.\n",
     "password=<redacted:assignment> password=<redacted:assignment>,user=x password=<redacted:assignment> "
     "password=<redacted:assignment>\n"},
    {"password=b'X1' {u'password': u'X1'} password=SecretStr('X1') \x1b[36mpassword\x1b[0m=\x1b[33mX1\x1b[0m\n",
     "password=b'<redacted:assignment>' {u'password': u'<redacted:assignment>'} "
     "password=SecretStr('<redacted:assignment>') \x1b[36mpassword\x1b[0m=\x1b[33m<redacted:assignment>\x1b[0m\n"},
    {"password = '''X1 'y' '''\npassword = <<EOF\nX1 y\nEOF\n",
     "password = '''<redacted:assignment>'''\npassword = <<EOF\n<redacted:assignment>\nEOF\n"},
    {"log {\"password\":1234,\"m\":\"{\\\"password\\\":1234}\"}\n",
     "log {\"password\":\"<redacted:assignment>\",\"m\":\"{\\\"password\\\":\\\"<redacted:assignment>\\\"}\"}\n"},
    /* Below names. */
    {"{\"password\":{\"value\":\"X1\"},\"password2\":{\"valueFrom\":{\"secretKeyRef\":{\"name\":\"db\",\"key\":\"pw\"}}}}",
     "{\"password\":{\"value\":\"<redacted:value>\"},\"password2\":{\"valueFrom\":{\"secretKeyRef\":{\"name\":\"db\",\"key\":"
     "\"pw\"}}}}"},
    {"passwords: [X1y, z]\ntokens: [abc]\n", "passwords: <redacted:assignment>\ntokens: [abc]\n"},
    {"{\"secrets\":[{\"name\":\"default-token-x7f2k\"}],\"authorization\":{\"mode\":\"Webhook\"}}",
     "{\"secrets\":[{\"name\":\"default-token-x7f2k\"}],\"authorization\":{\"mode\":\"Webhook\"}}"},
    {"password: |-\n  X1y z\n  z\nport: 1\npasswords:\n- X1y\n- z\nport: 1\n",
     "password: |-\n  <redacted:assignment>\nport: 1\npasswords:\n<redacted:assignment>\nport: 1\n"},
    {"tls.key: |\n    X1y z\nb: &a !!str c\npassword: &a !!str X1y\n",
     "tls.key: |\n    <redacted:assignment>\nb: &a !!str c\npassword: &a !!str <redacted:assignment>\n"},
    /* Phrases and arguments. */
    {"requirepass X1y\nbindpw X1y\ndb.password X1y\na password is needed\nuser d on >X1y2 ~*\nh:5432:d:u:X1y\n",
     "requirepass <redacted:assignment>\nbindpw <redacted:assignment>\ndb.password <redacted:assignment>\n"
     "a password is needed\nuser d on ><redacted:assignment> ~*\nh:5432:d:u:<redacted:assignment>\n"},
    {"IDENTIFIED WITH x BY 'X1y' SET PASSWORD FOR 'a'@'%' = 'X1y' PASSWORD('X1y') IDENTIFIED BY X1y;\n",
     "IDENTIFIED WITH x BY '<redacted:assignment>' SET PASSWORD FOR 'a'@'%' = '<redacted:assignment>' "
     "PASSWORD('<redacted:assignment>') IDENTIFIED BY <redacted:assignment>;\n"},
    {"<name>fs.secret.key</name>\n<value>X1y2z3w4</value><name>a</name><value>b</value>\n",
     "<name>fs.secret.key</name>\n<value><redacted:assignment></value><name>a</name><value>b</value>\n"},
    {"curl --user a:X1yz; app -p Xy12zw34 -p 8080; --basic-auth=a:X1y; sqlplus u/X1yz@d; [\"mysql\",\"-p\",\"X1y\"]\n",
     "curl --user a:<redacted:assignment>; app -p <redacted:assignment> -p 8080; --basic-auth=<redacted:assignment>; "
     "sqlplus u/<redacted:assignment>@d; [\"mysql\",\"-p\",\"<redacted:assignment>\"]\n"},
    {"https://hooks.slack.com/services/T0/B0/X1 http://corp\\u:X1@p:1 ?code=X1y2z3w4X1y2z3w4&a=1 "
     "abcdef.0123456789uvwxyz nginx1.15f3a2b4c5d6e7f8\n",
     "https://hooks.slack.com/services/<redacted:url-password> http://corp\\u:<redacted:url-password>@p:1 "
     "?code=<redacted:assignment>&a=1 abcdef.<redacted:cloud-key> nginx1.15f3a2b4c5d6e7f8\n"},
    {"70617373776f72643a20583179327a33 sent\n", "70617373776f72643a203c72656461637465643a61737369676e6d656e743e sent\n"},
    {"t cGFzc3dvcmRzIGFuZCBvdGhlciB0aGluZ3MKcGFzc3dvcmQ6IFgxeTJ6M3c0eDF5\nMnozdzQK\nend\n",
     "t cGFzc3dvcmRzIGFuZCBvdGhlciB0aGluZ3MKcGFzc3dvcmQ6IDxyZWRhY3RlZDph\nc3NpZ25tZW50Pgo=\nend\n"},
    {"<w:Password Type=\"x\">X1y</w:Password><entry key=\"db.password\">X1y</entry><entry key=\"a\">b</entry>\n",
     "<w:Password Type=\"x\"><redacted:assignment></w:Password><entry key=\"db.password\"><redacted:assignment></entry>"
     "<entry key=\"a\">b</entry>\n"},
    {"the password is X1y2z3w4. the password is wrong. Unseal Key 1: X1y2z3w4X1y2z3w4 Key: a\n",
     "the password is <redacted:assignment>. the password is wrong. Unseal Key 1: <redacted:assignment> Key: a\n"},
    {"echo X1y | docker login --password-stdin; echo X1y | wc; with token X1y2z3w4; - --password\n- X1y2z3w4\n",
     "echo <redacted:assignment> | docker login --password-stdin; echo X1y | wc; with token <redacted:bearer>; "
     "- --password\n- <redacted:assignment>\n"},
    /* Sentences. */
    {"Password for user admin: X1y2z3w4. Password for root set to 'X1y2z3' now\n",
     "Password for user admin: <redacted:assignment>. Password for root set to '<redacted:assignment>' now\n"},
    {"Your temporary password is: X1y2z3w4\n(using password X1y2z3w4)\n",
     "Your temporary password is: <redacted:assignment>\n(using password <redacted:assignment>)\n"},
    {"use the following password to proceed to installation:\n\n0a1b2c3d4e5f60718293a4b5c6d7e8f9\n\nThis may\n",
     "use the following password to proceed to installation:\n\n<redacted:assignment>\n\nThis may\n"},
    {"Password:\nX1y2z3w4\nPassword:\nLogin\n", "Password:\n<redacted:assignment>\nPassword:\nLogin\n"},
    {"postgres://app:ab#X1@h redis://:ab?X1@h amqp://a:b/X1@h\n",
     "postgres://app:<redacted:url-password>@h redis://:<redacted:url-password>@h amqp://a:<redacted:url-password>@h\n"},
    {"<entry key=\\\\\\\"db.password\\\\\\\">X1y2</entry>\n", "<entry key=\\\\\\\"db.password\\\\\\\"><redacted:assignment></entry>\n"},
    {"<password><![CDATA[X1<y]]></password><a><![CDATA[b]]></a>\n",
     "<password><![CDATA[<redacted:assignment>]]></password><a><![CDATA[b]]></a>\n"},
    {"password=&quot;X1y2&quot; a=&quot;b&quot; {&quot;password&quot;:&quot;X1y2&quot;,&quot;b&quot;:1}\n",
     "password=&quot;<redacted:assignment>&quot; a=&quot;b&quot; "
     "{&quot;password&quot;:&quot;<redacted:assignment>&quot;,&quot;b&quot;:1}\n"},
    {"ENV DB_PASSWORD X1y2\nsetenv DB_PASSWORD X1y2\nENV PORT 80\nos.Setenv(\"DB_PASSWORD\",\"X1y2\")\n",
     "ENV DB_PASSWORD <redacted:assignment>\nsetenv DB_PASSWORD <redacted:assignment>\nENV PORT 80\n"
     "os.Setenv(\"DB_PASSWORD\",\"<redacted:assignment>\")\n"},
    {"pagerduty_configs:\n- routing_key: 0a1b2c3d4e5f60718293a4b5c6d7e8f9\n",
     "pagerduty_configs:\n- routing_key: <redacted:assignment>\n"},
    /* Lines of base64, and below them another text in it. */
    {"t dGhlIGluaXRpYWwgYWRtaW4gcGFzc3dvcmQgaXMgWDF5MnozdzRYMXkyejN3NFgxeTJ6M3c0\n"
     "t cmVkaXM6Ly86YWI/SHdoQ0ZhejdYT28zaTVDbWptS2VreEc3QGg=\n",
     "t dGhlIGluaXRpYWwgYWRtaW4gcGFzc3dvcmQgaXMgPHJlZGFjdGVkOmFzc2lnbm1lbnQ+\n"
     "t cmVkaXM6Ly86PHJlZGFjdGVkOnVybC1wYXNzd29yZD5AaA==\n"},
    {"eyJhdXRocyI6eyJyIjp7InJlZ2lzdHJ5dG9rZW4iOiJ2NzczeFlwUDJjTVp6ZEpwQVV2UXdnRzcifX19\n"
     "eyJpZF90b2tlbiI6IjVEbDM3UU1OZXV3SW4zZ2xkTG1aNGdjODZTQzlCYWFLZmxQUzdDQWRMbHBY\n"
     "dEFHSkJZSEpJSGFicXdWNyIsImV4cGlyZXNfaW4iOjM2MDB9\n",
     "eyJhdXRocyI6eyJyIjp7InJlZ2lzdHJ5dG9rZW4iOiI8cmVkYWN0ZWQ6dmFsdWU+In19fQ==\n"
     "eyJpZF90b2tlbiI6IjxyZWRhY3RlZDp2YWx1ZT4iLCJleHBpcmVzX2luIjozNjAwfQ==\n"},
    /* And behind its last digit. */
    {"t cGFzc3dvcmQ6IFgxeTJ6M3c0eDF5MnozdzQKcommand failed\n",
     "t cGFzc3dvcmQ6ICI8cmVkYWN0ZWQ6dmFsdWU+Igo=command failed\n"},
    /* A key without its BEGIN, below something that goes by itself. */
    {"POST https://hooks.slack.com/services/qNLoUoAiP2SyPLf3MqKIA0zCkKI0fU6gbzZJynYktgXyYG27BDjPHNFxXl4MabX\n"
     "1qNLoUoAiP2SyPLf3MqKIA0zCkKI0fU6gbzZJynYktgXyYG27BDjPHNFxXl4MabX\n-----END RSA PRIVATE KEY-----\n",
     "POST https://hooks.slack.com/services/<redacted:url-password>\n<redacted:private-key>\n"},
    {"{\"kty\":\"RSA\",\"e\":\"AQAB\",\"d\":\"X1y2\"}", "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"d\":\"<redacted:value>\"}"},
};

START_TEST(only_the_secret_is_replaced)
{
    CLEANUP(buf_done) Buf out = BUF_INIT(SIZE_MAX);
    Str text = str_of(CASES[_i].in);
    uint64_t hits;
    for (size_t piece = 1; piece <= text.n; piece++) {
        pass(REDACT_LEVEL_SECRETS, text.p[0] == '{' ? REDACT_JSON : REDACT_TEXT, text, piece, &out,
             &hits);
        ck_assert_str_view(buf_str(&out), CASES[_i].out);
    }
}
END_TEST

START_TEST(a_secret_in_a_very_long_line_is_found)
{
    CLEANUP(buf_done) Buf out = BUF_INIT(SIZE_MAX);
    CLEANUP(buf_done) Buf in = BUF_INIT(SIZE_MAX);
    uint64_t hits;
    size_t at;
    for (int i = 0; i < 40000; i++)
        buf_printf(&in, "{\"f\":%d,\"password\":\"sword%05dfish\"},", i, i);
    pass(REDACT_LEVEL_SECRETS, REDACT_TEXT, buf_str(&in), 4093, &out, &hits);
    ck_assert_uint_eq(hits, 40000);
    ck_assert(!str_find(buf_str(&out), STR("fish"), &at));
}
END_TEST

START_TEST(a_token_longer_than_the_window_is_dropped_whole)
{
    CLEANUP(buf_done) Buf out = BUF_INIT(SIZE_MAX);
    CLEANUP(buf_done) Buf in = BUF_INIT(SIZE_MAX);
    uint64_t hits;
    buf_adds(&in, "password=");
    for (int i = 0; i < 300000; i++)
        buf_addc(&in, 'S');
    buf_adds(&in, " end");
    pass(REDACT_LEVEL_SECRETS, REDACT_TEXT, buf_str(&in), 5000, &out, &hits);
    ck_assert_str_view(buf_str(&out), "password=<redacted:assignment> end");
}
END_TEST

START_TEST(a_document_too_large_for_structure_is_still_scanned)
{
    CLEANUP(buf_done) Buf out = BUF_INIT(SIZE_MAX);
    CLEANUP(buf_done) Buf in = BUF_INIT(SIZE_MAX);
    uint64_t hits;
    buf_adds(&in, "[");
    while (in.n < LIMIT_REDACT_BYTES + 1000)
        buf_adds(&in, "{\"key\":\"0123456789\"},\n");
    buf_adds(&in, "{\"password\":\"swordfish\"}]");
    pass(REDACT_LEVEL_SECRETS, REDACT_JSON, buf_str(&in), 1 << 20, &out, &hits);
    ck_assert_uint_eq(hits, 1);
    ck_assert_uint_eq(out.n, in.n - strlen("swordfish") + strlen("<redacted:assignment>"));
}
END_TEST

START_TEST(hits_are_reported_by_member_and_rule)
{
    CLEANUP(buf_done) Buf out = BUF_INIT(SIZE_MAX);
    CLEANUP(buf_done) Buf report = BUF_INIT(SIZE_MAX);
    CLEANUP(cleanup_redactor) Redactor *redactor = redactor_new(REDACT_LEVEL_SECRETS, STR(""));
    Err err = {0};
    static const char *const MEMBERS[] = {"logs/a", "logs/b", "logs/c"};
    static const char *const TEXTS[] = {"password=abcd password=efgh AKIAIOSFODNN7SWORDF1\n",
                                        "none\n", "password=abcd\n"};
    for (size_t i = 0; i < 3; i++) {
        RedactStream *stream = NULL;
        ck_assert_ok(redact_stream_new(redactor, MEMBERS[i], REDACT_TEXT, sink, &out, &stream,
                                       &err),
                     err);
        ck_assert_ok(redact_stream_feed(stream, TEXTS[i], strlen(TEXTS[i]), &err), err);
        ck_assert_ok(redact_stream_end(stream, &err), err);
        redact_stream_free(stream);
    }
    redactor_report(redactor, &report);
    ck_assert_str_view(
        buf_str(&report),
        "{\"format\":\"meshcase-redactions/1\",\"level\":\"secrets\",\"values\":1,"
        "\"values_left_out\":0}\n"
        "{\"member\":\"logs/a\",\"detector\":\"assignment\",\"line\":1,\"length\":\"1-8\"}\n"
        "{\"member\":\"logs/a\",\"detector\":\"assignment\",\"line\":1,\"length\":\"1-8\"}\n"
        "{\"member\":\"logs/a\",\"detector\":\"cloud-key\",\"line\":1,\"length\":\"17-32\"}\n"
        "{\"member\":\"logs/c\",\"detector\":\"assignment\",\"line\":1,\"length\":\"1-8\"}\n");
    ck_assert_uint_eq(redactor_total(redactor), 4);
}
END_TEST

START_TEST(what_was_redacted_stays_as_it_is)
{
    CLEANUP(buf_done) Buf out = BUF_INIT(SIZE_MAX);
    CLEANUP(buf_done) Buf in = BUF_INIT(SIZE_MAX);
    uint64_t hits;
    for (size_t form = 0; form < 2; form++) {
        buf_clear(&in);
        /* All in one text, so that placeholders stand beside each other. */
        for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
            buf_adds(&in, form ? CASES[i].out : CASES[i].in);
        for (size_t i = 0; i < sizeof RULES / sizeof *RULES; i++)
            buf_printf(&in, "%s\n%s@host: %s and <p>%s</p>\n", RULES[i].sample, RULES[i].placeholder,
                       RULES[i].placeholder, RULES[i].placeholder);
        pass(REDACT_LEVEL_SECRETS, REDACT_TEXT, buf_str(&in), 1000, &out, &hits);
        buf_clear(&in);
        buf_add_str(&in, buf_str(&out));
        pass(REDACT_LEVEL_SECRETS, REDACT_TEXT, buf_str(&in), 1000, &out, &hits);
        ck_assert_str_view(buf_str(&out), in.data);
        ck_assert_uint_eq(hits, 0);
    }
}
END_TEST

/* Every place of a text as a border of two pieces, across several windows, in both forms. */
START_TEST(where_a_text_is_cut_decides_nothing)
{
    CLEANUP(buf_done) Buf in = BUF_INIT(SIZE_MAX);
    CLEANUP(buf_done) Buf whole = BUF_INIT(SIZE_MAX);
    CLEANUP(buf_done) Buf out = BUF_INIT(SIZE_MAX);
    static const size_t PIECES[] = {1, 3, 4093, 65536, 262143, 262144, 262145};
    uint64_t expected;
    uint64_t hits;
    for (unsigned i = 0; in.n < 600 << 10; i++) {
        buf_printf(&in, "%u a line of a log that says nothing, but for %u bytes of it\n", i, i * i);
        buf_adds(&in, CASES[i % (sizeof CASES / sizeof *CASES)].in);
        buf_adds(&in, i % 7 ? "\n" : " ");
        buf_adds(&in, RULES[i % (sizeof RULES / sizeof *RULES)].sample);
    }
    pass(REDACT_LEVEL_SECRETS, REDACT_TEXT, buf_str(&in), SIZE_MAX / 2, &whole, &expected);
    for (size_t i = 0; i < sizeof PIECES / sizeof *PIECES; i++) {
        pass(REDACT_LEVEL_SECRETS, REDACT_TEXT, buf_str(&in), PIECES[i], &out, &hits);
        ck_assert_uint_eq(hits, expected);
        ck_assert(str_eq(buf_str(&out), buf_str(&whole)));
    }
}
END_TEST

/* A secret at each place around the border of two windows is found as anywhere else. */
START_TEST(no_border_of_windows_hides_a_secret)
{
    enum { WINDOW = 256 << 10, AHEAD = 8 << 10 };
    CLEANUP(buf_done) Buf in = BUF_INIT(SIZE_MAX);
    CLEANUP(buf_done) Buf out = BUF_INIT(SIZE_MAX);
    Str sample = str_of(RULES[_i].sample);
    uint64_t hits;
    size_t found;
    if (sample.n == 0 || sample.p[0] == '{')
        return;                   /* documents are read whole */
    for (size_t at = WINDOW - AHEAD - sample.n - 2; at < WINDOW - AHEAD + 2; at++) {
        buf_clear(&in);
        while (in.n < at - 1)
            buf_addc(&in, in.n % 100 == 99 ? '\n' : '.');
        buf_addc(&in, '\n');
        buf_add_str(&in, sample);
        while (in.n < WINDOW + 1000)
            buf_addc(&in, in.n % 100 == 99 ? '\n' : '.');
        pass(REDACT_LEVEL_SECRETS, REDACT_TEXT, buf_str(&in), 100000, &out, &hits);
        ck_assert_msg(hits == 1 && !str_find(buf_str(&out), str_of(RULES[_i].secret), &found),
                      "%s at %zu", RULES[_i].placeholder, at);
    }
}
END_TEST

static const struct {
    const char *name;
    SecretName expected;
} NAMES[] = {
    {"DB_PASSWORD", SECRET_NAME_STRONG},
    {"password", SECRET_NAME_STRONG},
    {"db.password", SECRET_NAME_STRONG},
    {"clientSecret", SECRET_NAME_STRONG},
    {"api-key", SECRET_NAME_STRONG},
    {"PASSWORD_FILE", SECRET_NAME_NO},
    {"secretName", SECRET_NAME_NO},
    {"token", SECRET_NAME_WEAK},
    {"apiToken", SECRET_NAME_WEAK},
    {"redis_auth", SECRET_NAME_WEAK},
    {"oauth", SECRET_NAME_NO},
    {"nextPageToken", SECRET_NAME_NO},
    {"DB_PASSWORD2", SECRET_NAME_STRONG}, {"credential", SECRET_NAME_WEAK}, {"sig", SECRET_NAME_WEAK},
    {"bindpw", SECRET_NAME_STRONG}, {"token3", SECRET_NAME_WEAK}, {"creds", SECRET_NAME_WEAK},
    {"", SECRET_NAME_NO},
    {"---", SECRET_NAME_NO},
    {"grpc_code", SECRET_NAME_NO},
    {"compass", SECRET_NAME_NO},
    {"--password", SECRET_NAME_STRONG},
    {"X-Auth-Token", SECRET_NAME_STRONG},
    {"SESSION_ID", SECRET_NAME_STRONG},
    {"vault.secret_id", SECRET_NAME_STRONG},
    {"secret-id", SECRET_NAME_STRONG},
    {"pod_id", SECRET_NAME_NO},
    {"SECRETS_ADDED", SECRET_NAME_NO},
    {"x-functions-key", SECRET_NAME_STRONG},
    {"service-key", SECRET_NAME_NO},
    {"BLOB_SAS", SECRET_NAME_WEAK},
    {"perl_class", SECRET_NAME_NO},
};

START_TEST(names_of_secrets_are_known)
{
    Str name = str_of(NAMES[_i].name);
    ck_assert_msg(secret_name(name) == NAMES[_i].expected, "%s", NAMES[_i].name);
    ck_assert(NAMES[_i].expected == SECRET_NAME_NO || secret_name_possible(name));
}
END_TEST

#define LOOP(test, table)                                                                          \
    tcase_add_loop_test(tcase, test, 0, (int)(sizeof(table) / sizeof *(table)))

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("redact");
    TCase *tcase = tcase_create("redact");
    tcase_set_timeout(tcase, 60);
    LOOP(every_rule_finds_its_sample_however_it_is_cut, RULES);
    LOOP(harmless_text_comes_out_unchanged, HARMLESS);
    LOOP(only_the_secret_is_replaced, CASES);
    LOOP(names_of_secrets_are_known, NAMES);
    LOOP(no_border_of_windows_hides_a_secret, RULES);
    tcase_add_test(tcase, what_was_redacted_stays_as_it_is);
    tcase_add_test(tcase, where_a_text_is_cut_decides_nothing);
    tcase_add_test(tcase, a_secret_in_a_very_long_line_is_found);
    tcase_add_test(tcase, a_token_longer_than_the_window_is_dropped_whole);
    tcase_add_test(tcase, a_document_too_large_for_structure_is_still_scanned);
    tcase_add_test(tcase, hits_are_reported_by_member_and_rule);
    suite_add_tcase(suite, tcase);
    return suite;
}
