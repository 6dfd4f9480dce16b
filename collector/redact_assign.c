/* SPDX-License-Identifier: Apache-2.0 */
/* redact_assign.c -- names, the signs behind them, and whether what follows is secret. */
#include "collector/redact_assign.h"

#include "collector/base64.h"
#include "collector/byte_sets.h"
#include "collector/redact_section.h"
#include "collector/redact_sentence.h"
#include "collector/redact_value.h"
#include "collector/secret_name.h"

#include <ctype.h>
#include <string.h>

enum { NAME_BYTES_MAX = 64, BACK_BYTES_MAX = 128, TOKEN_BYTES_MIN = 16, JWK_NEAR_BYTES = 2 << 10 };

bool
redact_says_nothing(Str value)
{
    static const char *const NOTHING[] = {"null", "nil", "none", "true", "false", "undefined",
                                          "yes", "no", "[]", "{}", "***", "****", "xxxxx", "redacted"};
    if (value.n == 0 || str_starts(value, STR("<")) || str_starts(value, STR("$(")) ||
        str_starts(value, STR("${")) || str_starts(value, STR("{{")) || str_starts(value, STR("%!")) ||
        str_starts(value, STR("******")))
        return true;
    for (size_t i = 0; i < sizeof NOTHING / sizeof *NOTHING; i++)
        if (str_eq_nocase(value, str_of(NOTHING[i])))
            return true;
    return false;
}

static bool
ends_nocase(Str s, const char *end)
{
    size_t n = strlen(end);
    return s.n >= n && str_eq_nocase(str_from(s, s.n - n), str_of(end));
}

/* admin:x, behind a name that says that somebody logs in. */
static bool
is_user_and_password(Str name, Str value)
{
    size_t colon;
    size_t more;
    return (ends_nocase(name, "auth") || ends_nocase(name, "credentials") || ends_nocase(name, "creds")) &&
           value.n > 4 && isalpha((unsigned char)value.p[0]) && str_find_char(value, ':', &colon) &&
           value.n - colon > 3 && !str_find_char(value, ' ', &more) && !str_find_char(value, '/', &more);
}

bool
redact_named_value(Str name, Str value)
{
    SecretName named = secret_name(name);
    if (named == SECRET_NAME_NO || redact_says_nothing(value) || secret_value_is_path(value))
        return false;
    if (named == SECRET_NAME_STRONG || secret_value_likely(value) || is_user_and_password(name, value))
        return true;
    CLEANUP(buf_done) Buf plain = BUF_INIT(4096);
    size_t colon;
    plain.secret = true;
    return value.n >= 8 && base64_decode(value, &plain) && base64_is_text(buf_str(&plain)) &&
           str_find_char(buf_str(&plain), ':', &colon);
}

/* "Authorization: Bearer x" has two words, others go on to the end of the line, as a cookie. */
static void
extend_header(Str s, Str name, Value *value, const bool **bytes)
{
    static const char *const WORDS[] = {"bearer", "basic", "negotiate", "token", "apikey"};
    static const char *const LINES[] = {"digest", "hawk", "oauth", "ntlm", "aws4-hmac-sha256"};
    Str first = str_sub(s, value->begin, value->end - value->begin);
    if (value->form != VALUE_BARE)
        return;
    bool line = ends_nocase(name, "cookie");
    for (size_t i = 0; i < sizeof LINES / sizeof *LINES; i++)
        line |= ends_nocase(name, "authorization") && str_eq_nocase(first, str_of(LINES[i]));
    if (line) {
        value->end = run_of(s, value->begin, byte_sets[SET_LINE]);
        *bytes = byte_sets[SET_LINE];
        return;
    }
    if (value->end >= s.n || s.p[value->end] != ' ')
        return;
    size_t end = run_of(s, value->end + 1, byte_sets[SET_TOKEN]);
    bool scheme = ends_nocase(name, "authorization") &&
                  secret_value_likely(str_sub(s, value->end + 1, end - value->end - 1));
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        scheme |= str_eq_nocase(first, str_of(WORDS[i]));
    if (scheme)
        value->end = end;
}

/* Over blanks, quotes, commas, list marks and ends of lines, escaped or not, with the stamp
 * that a line of a log may begin with. */
static size_t
skip_back(Str s, size_t end, size_t most)
{
    size_t from = end > most ? end - most : 0;
    for (;;) {
        size_t before = end;
        while (end > from && s.p[end - 1] && strchr(" \t\r\n\"',\\-", s.p[end - 1]))
            end--;
        if (end > from + 1 && s.p[end - 1] == 'n' && s.p[end - 2] == '\\')
            end--;
        size_t line = end;
        while (line > from && byte_sets[SET_NAME][(unsigned char)s.p[line - 1]] | (s.p[line - 1] == ':'))
            line--;
        if (line < end && redact_stamp(str_sub(s, line, end - line + 1)) == end - line + 1)
            end = line;
        if (end == before)
            return end;
    }
}

/* The name of {"name": "DB_PASSWORD", "value": ...}, where that stands before its value: in
 * the text before the offset. */
static Str
name_of_pair(Str s, size_t before)
{
    size_t end = skip_back(s, before, BACK_BYTES_MAX);
    size_t begin = end;
    while (begin > 0 && end - begin < NAME_BYTES_MAX && byte_sets[SET_NAME][(unsigned char)s.p[begin - 1]])
        begin--;
    size_t key = begin;
    while (key > 0 && begin - key < 12 && s.p[key - 1] && strchr(" :=\"'\\", s.p[key - 1]))
        key--;
    Str before_key = str_head(s, key);
    bool named = key < begin && (str_ends(before_key, STR("name")) || str_ends(before_key, STR("key")));
    return named ? str_sub(s, begin, end - begin) : (Str){0};
}

/* "cookie-secret: failed to sync": a word in lower case, and more words behind it. */
static bool
is_sentence(Str s, const Value *value)
{
    for (size_t i = value->begin; i < value->end; i++)
        if (!islower((unsigned char)s.p[i]))
            return false;
    return value->end + 1 < s.n && s.p[value->end] == ' ' && (isalpha((unsigned char)s.p[value->end + 1]) || s.p[value->end + 1] == '"');
}

static bool
find_any(Str s, const char *const *words)
{
    size_t at;
    for (; *words; words++)
        if (str_find(s, str_of(*words), &at))
            return true;
    return false;
}

/* Names of objects, lists of fields, schemas: what tells of secrets without holding one. */
static bool
refers(Str nested)
{
    static const char *const REFERENCES[] = {"valueFrom", "KeyRef", "ecretName", "existingSecret", "name\"",
                                             "name\\\"", "name:", "description", "properties", NULL};
    static const char *const VALUES[] = {"value\"", "value\\\"", "value:", NULL};
    static const char *const TYPES[] = {"type\":", "type\\\":", "type: ", NULL};
    return !find_any(nested, VALUES) && (find_any(nested, REFERENCES) || find_any(nested, TYPES));
}

/* default-token-x7f2k: letters, and more behind a dash or dot. */
static bool
is_object_name(Str value)
{
    bool joint = false;
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        if (!islower(c) && !(isdigit(c) && joint) && c != '-' && c != '.')
            return false;
        joint |= c == '-' || c == '.';
    }
    return joint;
}

bool
redact_is_likely(Str value)
{
    return secret_value_likely(value) && !is_object_name(value);
}

/* Whether anything in brackets or on lines may be a secret. */
static bool
holds_secret(Str nested, SecretName named)
{
    for (size_t at = 0; at < nested.n; at++) {
        size_t end = run_of(nested, at, byte_sets[SET_TOKEN]);
        if (str_starts(str_from(nested, at), STR("<redacted:"))) {
            at = run_of(nested, at + 10, byte_sets[SET_WORD]);
            continue;
        }
        Str token = str_sub(nested, at, end - at);
        bool key = end < nested.n && nested.p[end] == ':';
        bool strong = named == SECRET_NAME_STRONG && token.n >= 3 && !key && !redact_says_nothing(token);
        if (strong || (!key && redact_is_likely(token)))
            return true;
        at = end;
    }
    return false;
}

/* The first line is an entry of a list or a map, or one word. */
static bool
is_yaml(Str lines)
{
    size_t end = 0;
    size_t at;
    while (end < lines.n && !redact_break_at(lines, end))
        end++;
    Str line = str_trim(str_head(lines, end));
    return str_starts(line, STR("- ")) || str_find(line, STR(": "), &at) || str_ends(line, STR(":")) ||
           !str_find_char(line, ' ', &at);
}

static void
set_hit(TextHit *ret, const Value *value, SecretName named, const bool *bytes)
{
    bool many = value->form == VALUE_NESTED || value->form == VALUE_LINES;
    *ret = (TextHit){value->begin, value->end, REDACT_ASSIGNMENT,
                     named == SECRET_NAME_STRONG ? SECRET_BY_STRUCTURE : SECRET_BY_SHAPE, bytes,
                     value->quotes, value->form == VALUE_NESTED, many};
}

/* Brackets, lines: what stands below a name. */
static bool
take_below(Str s, Str name, SecretName named, const Value *value, TextHit *ret)
{
    Str text = value_text(s, value);
    if (named == SECRET_NAME_NO || (named == SECRET_NAME_WEAK && !secret_name_is_plural(name)) ||
        refers(text))
        return false;
    bool map = value->form == VALUE_LINES || str_starts(text, STR("{"));
    if (!holds_secret(text, map && secret_name_is_topic(name) ? SECRET_NAME_WEAK : named))
        return false;
    set_hit(ret, value, named, byte_sets[SET_VALUE]);
    return true;
}

/* Names that are secret only where something else announces them. */
typedef enum {
    HERE_NO,
    HERE_WEB_KEY,          /* a private member of a JSON web key */
    HERE_QUERY,            /* of the query of an address */
    HERE_DIGEST,           /* what answers a Digest */
    HERE_WORDS,            /* behind another word: Secret Key, Unseal Key 1 */
    HERE_RECEIVER,         /* of a receiver of Alertmanager */
} Here;

static Here
secret_here(Str name)
{
    static const struct {
        Str name;
        Here here;
    } NAMES[] = {
        {STR_INIT("d"), HERE_WEB_KEY},   {STR_INIT("p"), HERE_WEB_KEY},  {STR_INIT("q"), HERE_WEB_KEY},
        {STR_INIT("k"), HERE_WEB_KEY},   {STR_INIT("dp"), HERE_WEB_KEY}, {STR_INIT("dq"), HERE_WEB_KEY},
        {STR_INIT("qi"), HERE_WEB_KEY},  {STR_INIT("code"), HERE_QUERY}, {STR_INIT("key"), HERE_QUERY},
        {STR_INIT("sid"), HERE_QUERY},   {STR_INIT("session"), HERE_QUERY}, {STR_INIT("ticket"), HERE_QUERY},
        {STR_INIT("assertion"), HERE_QUERY}, {STR_INIT("response"), HERE_DIGEST}, {STR_INIT("mac"), HERE_DIGEST},
        {STR_INIT("routing_key"), HERE_RECEIVER}, {STR_INIT("service_key"), HERE_RECEIVER},
        {STR_INIT("user_key"), HERE_RECEIVER},
    };
    if (str_is(name, "Key") || (name.n == 1 && isdigit((unsigned char)name.p[0])))
        return HERE_WORDS;
    if (name.n == 0 || !strchr("dpqkcstarmu", name.p[0]))
        return HERE_NO;
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (name.n == NAMES[i].name.n && memcmp(name.p, NAMES[i].name.p, name.n) == 0)
            return NAMES[i].here;
    return HERE_NO;
}

static bool
is_behind_word(Str before)
{
    static const char *const WORDS[] = {"Unseal Key ", "Recovery Key ", "Secret ", "Secret Access ", "Access ",
                                        "Private ", "API ", "Encryption ", "Signing ", "Master ", "Account "};
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (str_ends(before, str_of(WORDS[i])))
            return true;
    return false;
}

static bool
is_announced(Str s, size_t name_at, Here here)
{
    size_t found;
    size_t near = here == HERE_WEB_KEY || here == HERE_RECEIVER ? JWK_NEAR_BYTES : BACK_BYTES_MAX;
    size_t from = name_at > near ? name_at - near : 0;
    Str before = str_sub(s, from, name_at - from);
    if (here == HERE_WORDS)
        return is_behind_word(before);
    if (here == HERE_RECEIVER)
        return str_find(before, STR("pagerduty_configs"), &found) || str_find(before, STR("pushover_configs"), &found);
    if (here == HERE_QUERY)
        return str_ends(before, STR("?")) || str_ends(before, STR("&")) || str_ends(before, STR("\\u0026"));
    if (here == HERE_DIGEST)
        return str_find(before, STR("igest "), &found) || str_find(before, STR("awk "), &found);
    return str_find(str_sub(s, from, name_at - from + JWK_NEAR_BYTES), STR("kty"), &found);
}

/* Whether one value behind a name is its secret. */
static bool
is_its_secret(Str s, size_t at, Str name, SecretName named, const Value *value)
{
    static const char *const WORDS[] = {"password", "passwd", "passphrase", "pwd", "pass"};
    Str text = value_text(s, value);
    if (redact_says_nothing(text) || secret_value_is_path(text) || (value->begin < s.n && s.p[value->begin] == '<') ||
        (value->form == VALUE_BARE && str_starts(text, STR("$"))))
        return false;
    /* "signature: wrong" is a sentence, mostly; "password=wrong" and "password": "wrong" are not. */
    bool prose = s.p[at] == ':' && value->form == VALUE_BARE;
    bool password = false;
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        password |= ends_nocase(name, WORDS[i]);
    if (prose && !password && is_sentence(s, value))
        return false;
    if (value->form == VALUE_BARE && secret_name_is_plural(name))       /* tcp_syncookies = 1 */
        return redact_is_likely(text);
    return (named == SECRET_NAME_STRONG && (!prose || text.n >= 3)) || redact_named_value(name, text);
}

/* "tls.key: |" and the like, whatever stands there. */
static bool
take_file(Str s, Str name, size_t name_at, size_t behind, TextHit *ret)
{
    Value value;
    bool block;
    if (behind >= s.n || (s.p[behind] != ' ' && s.p[behind] != '|') || !secret_file_name(name) || !redact_value_below(s, name_at, behind, &value, &block) || !block ||
        !holds_secret(value_text(s, &value), SECRET_NAME_STRONG))
        return false;
    set_hit(ret, &value, SECRET_NAME_STRONG, byte_sets[SET_VALUE]);
    return true;
}

/* A name that is none of a secret by itself. */
static bool
take_unnamed(Str s, size_t name_at, Str name, size_t behind, TextHit *ret)
{
    Here here = secret_here(name);
    if (here == HERE_NO || !is_announced(s, name_at, here))
        return false;
    Value value = redact_value_behind(s, behind);
    Str text = value_text(s, &value);
    if (value.form > VALUE_QUOTED || text.n < TOKEN_BYTES_MIN || !secret_value_likely(text) ||
        (here == HERE_RECEIVER && run_of(text, 0, byte_sets[SET_ALNUM]) < text.n))
        return false;
    set_hit(ret, &value, SECRET_NAME_STRONG, byte_sets[value.form == VALUE_QUOTED ? SET_QUOTED : SET_VALUE]);
    return true;
}

/* NoSecret::Failed, and the checksum of one. */
static bool
is_no_assignment(Str s, size_t at, size_t behind, size_t name_at)
{
    return (behind < s.n && s.p[at] == ':' && s.p[behind] == ':') ||
           str_ends(str_head(s, name_at), STR("checksum/"));
}

/* "name": 1234 of JSON: a text in its place needs quotes like those of its name. */
static uint8_t
quotes_of_name(Str s, size_t at)
{
    size_t slashes = 0;
    if (at < 2 || s.p[at] != ':' || s.p[at - 1] != '"')
        return 0;
    while (slashes < 8 && slashes + 2 <= at && s.p[at - 2 - slashes] == '\\')
        slashes++;
    return (uint8_t)(slashes + 1);
}

bool
redact_assignment(Str s, size_t at, size_t behind, TextHit *ret)
{
    size_t name_at;
    bool block = false;
    Str name = redact_name_before(s, at, &name_at);
    if (str_is(name, "value"))
        name = name_of_pair(s, name_at);
    if (!secret_name_possible(name))
        return take_unnamed(s, name_at, name, behind, ret);
    SecretName named = secret_name(name);
    if (is_no_assignment(s, at, behind, name_at))
        return false;
    if (named == SECRET_NAME_NO)
        return take_file(s, name, name_at, behind, ret) || take_unnamed(s, name_at, name, behind, ret);
    Value value = redact_value_behind(s, behind);
    if (value.form == VALUE_NESTED)
        return take_below(s, name, named, &value, ret);
    if (s.p[at] == ':' && value.form == VALUE_BARE && redact_value_below(s, name_at, behind, &value, &block) &&
        (block || is_yaml(value_text(s, &value))))
        return take_below(s, name, named, &value, ret);
    const bool *bytes = byte_sets[value.form == VALUE_QUOTED ? SET_QUOTED : SET_VALUE];
    extend_header(s, name, &value, &bytes);
    if (!is_its_secret(s, at, name, named, &value))
        return redact_prompted(s, at, name, ret);
    if (value.form == VALUE_BARE)
        value.quotes = quotes_of_name(s, at);
    if (value.form == VALUE_BARE && bytes == byte_sets[SET_VALUE] && !value.quotes)
        redact_extend_bare(s, &value);
    set_hit(ret, &value, named, bytes);
    return true;
}

bool
redact_pair(Str s, size_t at, TextHit *ret)
{
    size_t name_at;
    Str name = redact_name_before(s, at + 1, &name_at);
    if (!secret_name_possible(name) || name_at == 0 || s.p[name_at - 1] != s.p[at])
        return false;
    SecretName named = secret_name(name);
    size_t begin = redact_skip_blanks(s, at + 2);
    if (named == SECRET_NAME_NO)
        return false;
    Value value = redact_value_behind(s, begin);
    Str text = value_text(s, &value);
    if (value.form != VALUE_QUOTED || text.n < 3 || secret_value_is_word(text) || !redact_named_value(name, text))
        return false;
    set_hit(ret, &value, named, byte_sets[SET_QUOTED]);
    return true;
}

bool
redact_is_opaque(Str bytes)
{
    static const Str MAGIC[] = {
        STR_INIT("\x1f\x8b\x08"),         STR_INIT("\xfd" "7zXZ"), STR_INIT("\x28\xb5\x2f\xfd"),
        STR_INIT("PK\x03\x04"),           STR_INIT("BZh9"),       STR_INIT("\xfe\xed\xfe\xed"),
        STR_INIT("Salted__"),             STR_INIT("\x04\x22\x4d\x18"),
    };
    for (size_t i = 0; i < sizeof MAGIC / sizeof *MAGIC && bytes.n > 0; i++)
        if (bytes.p[0] == MAGIC[i].p[0] && str_starts(bytes, MAGIC[i]))
            return true;
    return false;
}

/* SEQUENCE { INTEGER 0, 1 or 3 ...: PKCS #1, PKCS #8, SEC 1, PKCS #12; certificates begin
 * otherwise.  And OpenSSH's own. */
bool
redact_is_der_key(Str bytes)
{
    const unsigned char *b = (const unsigned char *)bytes.p;
    size_t at = bytes.n > 6 && b[0] == 0x30 ? (b[1] == 0x82 ? 4 : b[1] == 0x81 ? 3 : b[1] < 0x80 ? 2 : 0) : 0;
    if (str_starts(bytes, STR("openssh-key-v1")))
        return true;
    if (!at || bytes.n <= at + 3 || b[at] != 0x02 || b[at + 1] != 0x01)
        return false;
    unsigned version = b[at + 2];
    unsigned next = b[at + 3];
    return (version <= 1 && (next == 0x30 || next == 0x02 || next == 0x04)) || (version == 3 && next == 0x30);
}
