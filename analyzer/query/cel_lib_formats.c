/* SPDX-License-Identifier: Apache-2.0 */
/* cel_lib_formats.c -- Kubernetes' named formats: whether a text is a DNS label, a label
 * value, a UUID ..., with the messages that the API server gives. */
#include <string.h>

#include "analyzer/query/cel_libraries.h"
#include "analyzer/query/cel_time.h"
#include "analyzer/query/cel_url.h"
#include "base/ascii.h"

/* What a format finds wrong. */
typedef struct {
    CelRun *run;
    CelValues messages;
} Faults;

typedef struct {
    const char *name;
    void (*check)(Faults *faults, Str text);
} Format;

static bool
same(const void *a, const void *b)
{
    return a == b;
}

static void
write(const void *format, Buf *out)
{
    buf_adds(out, ((const Format *)format)->name);
}

const OpaqueType CEL_TYPE_FORMAT = {"kubernetes.NamedFormat", same, write};

static void
fault(Faults *faults, const char *prefix, const char *text)
{
    CLEANUP(buf_done) Buf message = CEL_BUF();
    buf_printf(&message, "%s%s", prefix, text);
    Value v = cel_string_of_buf(faults->run, &message);
    if (v.type == VALUE_STRING)
        (void)cel_push(faults->run, &faults->messages, v);
}

static void
too_long(Faults *faults, const char *prefix, size_t most, const char *unit)
{
    CLEANUP(buf_done) Buf message = CEL_BUF();
    buf_printf(&message, "must be no more than %zu %s", most, unit);
    fault(faults, prefix, message.data ? message.data : "too long");
}

static bool
is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

/* [a-z0-9]([-a-z0-9]*[a-z0-9])? */
static bool
is_label(Str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_lower(s.p[i]) && !ascii_is_digit(s.p[i]) && s.p[i] != '-')
            return false;
    }
    return s.n > 0 && s.p[0] != '-' && s.p[s.n - 1] != '-';
}

static bool
is_subdomain(Str s)
{
    Str rest = s;
    for (Str label; str_cut(&rest, '.', &label);) {
        if (!is_label(label))
            return false;
    }
    return s.n > 0;
}

/* ([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9] */
static bool
is_label_key(Str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!ascii_is_alnum(s.p[i]) && !strchr("-_.", s.p[i]))
            return false;
        if (s.p[i] == '\0')
            return false;
    }
    return s.n > 0 && ascii_is_alnum(s.p[0]) && ascii_is_alnum(s.p[s.n - 1]);
}

#define LABEL "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
#define LABEL_KEY "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"

static void
check_label(Faults *f, Str s)
{
    if (s.n > 63)
        too_long(f, "", 63, "characters");
    if (is_label(s))
        return;
    fault(f, "",
          is_subdomain(s)
              ? "must not contain dots"
              : "a lowercase RFC 1123 label must consist of lower case alphanumeric characters "
                "or '-', and must start and end with an alphanumeric character (e.g. 'my-name', "
                " or '123-abc', regex used for validation is '" LABEL "')");
}

static void
check_subdomain_as(Faults *f, const char *prefix, Str s)
{
    if (s.n > 253)
        too_long(f, prefix, 253, "characters");
    if (!is_subdomain(s))
        fault(f, prefix,
              "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric "
              "characters, '-' or '.', and must start and end with an alphanumeric character "
              "(e.g. 'example.com', regex used for validation is '" LABEL "(\\." LABEL ")*')");
}

static void
check_subdomain(Faults *f, Str s)
{
    check_subdomain_as(f, "", s);
}

static void
check_1035_label(Faults *f, Str s)
{
    if (s.n > 63)
        too_long(f, "", 63, "characters");
    if (!is_label(s) || !is_lower(s.p[0]))
        fault(f, "",
              "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start "
              "with an alphabetic character, and end with an alphanumeric character (e.g. "
              "'my-name',  or 'abc-123', regex used for validation is "
              "'[a-z]([-a-z0-9]*[a-z0-9])?')");
}

/* A prefix may end in a dash: something will follow it. */
static void
check_prefix(Faults *f, Str s, void (*check)(Faults *faults, Str text))
{
    CLEANUP(buf_done) Buf text = CEL_BUF();
    if (s.n <= 1 || s.p[s.n - 1] != '-') {
        check(f, s);
        return;
    }
    buf_add_str(&text, str_head(s, s.n - 2));
    buf_addc(&text, 'a');
    check(f, buf_str(&text));
}

static void
check_label_prefix(Faults *f, Str s)
{
    check_prefix(f, s, check_label);
}

static void
check_subdomain_prefix(Faults *f, Str s)
{
    check_prefix(f, s, check_subdomain);
}

static void
check_1035_label_prefix(Faults *f, Str s)
{
    check_prefix(f, s, check_1035_label);
}

#define KEY_RULE                                                                            \
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with " \
    "an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for " \
    "validation is '" LABEL_KEY "')"

static void
check_qualified_name(Faults *f, Str s)
{
    size_t slash = 0;
    Str name = s;
    if (str_find_char(s, '/', &slash)) {
        Str prefix = str_head(s, slash);
        name = str_from(s, slash + 1);
        if (str_find_char(name, '/', &slash)) {
            fault(f, "a valid label key ",
                  KEY_RULE " with an optional DNS subdomain prefix and '/' (e.g. "
                           "'example.com/MyName')");
            return;
        }
        if (prefix.n == 0)
            fault(f, "prefix part ", "must be non-empty");
        else
            check_subdomain_as(f, "prefix part ", prefix);
    }
    if (name.n == 0)
        fault(f, "name part ", "must be non-empty");
    else if (name.n > 63)
        too_long(f, "name part ", 63, "bytes");
    if (!is_label_key(name))
        fault(f, "name part ", KEY_RULE);
}

static void
check_label_value(Faults *f, Str s)
{
    if (s.n > 63)
        too_long(f, "", 63, "bytes");
    if (s.n && !is_label_key(s))
        fault(f, "",
              "a valid label must be an empty string or consist of alphanumeric characters, '-', "
              "'_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue', "
              " or 'my_value',  or '12345', regex used for validation is '(" LABEL_KEY ")?')");
}

static void
check_uri(Faults *f, Str s)
{
    CLEANUP(buf_done) Buf prefix = CEL_BUF();
    UrlParts parts;
    const char *why = url_parse(s, &parts);
    if (!why)
        return;
    buf_adds(&prefix, "parse ");
    node_write_json_string(s, &prefix);
    buf_adds(&prefix, ": ");
    fault(f, prefix.data ? prefix.data : "", why);
}

/* 8-4-4-4-12 hexadecimal digits; each hyphen may be left out. */
static void
check_uuid(Faults *f, Str s)
{
    static const unsigned GROUPS[] = {8, 4, 4, 4, 12};
    size_t at = 0;
    bool sound = true;
    for (size_t g = 0; g < sizeof GROUPS / sizeof *GROUPS; g++) {
        if (g > 0 && at < s.n && s.p[at] == '-')
            at++;
        for (unsigned i = 0; i < GROUPS[g]; i++, at++)
            sound = sound && at < s.n && ascii_is_hex(s.p[at]);
    }
    if (!sound || at != s.n)
        fault(f, "", "does not match the UUID format");
}

static void
check_byte(Faults *f, Str s)
{
    size_t padding = 0;
    while (padding < 2 && padding < s.n && s.p[s.n - 1 - padding] == '=')
        padding++;
    bool sound = s.n > 0 && s.n % 4 == 0;
    for (size_t i = 0; i + padding < s.n; i++)
        sound = sound && (ascii_is_alnum(s.p[i]) || s.p[i] == '+' || s.p[i] == '/');
    if (!sound)
        fault(f, "", "invalid base64");
}

static void
check_date(Faults *f, Str s)
{
    int64_t days = 0;
    if (!cel_date_parse(s, &days))
        fault(f, "", "invalid date");
}

static void
check_datetime(Faults *f, Str s)
{
    int64_t seconds = 0;
    int32_t nanos = 0;
    if (!cel_time_parse(s, &seconds, &nanos))
        fault(f, "", "invalid datetime");
}

static const Format FORMATS[] = {
    {"dns1123Label", check_label},
    {"dns1123Subdomain", check_subdomain},
    {"dns1035Label", check_1035_label},
    {"qualifiedName", check_qualified_name},
    {"dns1123LabelPrefix", check_label_prefix},
    {"dns1123SubdomainPrefix", check_subdomain_prefix},
    {"dns1035LabelPrefix", check_1035_label_prefix},
    {"labelValue", check_label_value},
    {"uri", check_uri},
    {"uuid", check_uuid},
    {"byte", check_byte},
    {"date", check_date},
    {"datetime", check_datetime},
};

static Value
named(CelRun *run, const Value *args, size_t count)
{
    (void)count;
    for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; i++) {
        if (str_is(args[0].string, FORMATS[i].name))
            return cel_optional_of(run, value_opaque(&CEL_TYPE_FORMAT, &FORMATS[i]));
    }
    return value_optional(NULL);
}

static Value
validate(CelRun *run, const Value *args, size_t count)
{
    Faults faults = {.run = run};
    const Format *format = args[0].opaque.data;
    (void)count;
    if (!cel_traverse(run, args[1].string.n))
        return cel_stopped(run);
    format->check(&faults, args[1].string);
    if (run->limit)
        return cel_stopped(run);
    if (faults.messages.count == 0)
        return value_optional(NULL);
    return cel_optional_of(run, cel_list(run, faults.messages.items, faults.messages.count));
}

#define NAMED(function, index)                                      \
    static Value function(CelRun *run, const Value *args, size_t count) \
    {                                                               \
        (void)run;                                                  \
        (void)args;                                                 \
        (void)count;                                                \
        return value_opaque(&CEL_TYPE_FORMAT, &FORMATS[index]);     \
    }
NAMED(named_0, 0)
NAMED(named_1, 1)
NAMED(named_2, 2)
NAMED(named_3, 3)
NAMED(named_4, 4)
NAMED(named_5, 5)
NAMED(named_6, 6)
NAMED(named_7, 7)
NAMED(named_8, 8)
NAMED(named_9, 9)
NAMED(named_10, 10)
NAMED(named_11, 11)
NAMED(named_12, 12)

#define LIB "kubernetes.format"
#define ROW(name, fn, help) {"format." name, 0, "", fn, LIB, "format." name "() -> format", help}
static const CelFunction ROWS[] = {
    {"format.named", 0, "s", named, LIB, "format.named(string) -> optional",
     "the format of a name, if there is one"},
    {"validate", CEL_METHOD, "Fs", validate, LIB, "format.validate(string) -> optional",
     "none for a text of the format, else the list of what is wrong"},
    ROW("dns1123Label", named_0, "a DNS label: my-name"),
    ROW("dns1123Subdomain", named_1, "a DNS name: example.com"),
    ROW("dns1035Label", named_2, "a DNS label that begins with a letter"),
    ROW("qualifiedName", named_3, "a label key: example.com/name"),
    ROW("dns1123LabelPrefix", named_4, "the front of a DNS label"),
    ROW("dns1123SubdomainPrefix", named_5, "the front of a DNS name"),
    ROW("dns1035LabelPrefix", named_6, "the front of a DNS label that begins with a letter"),
    ROW("labelValue", named_7, "the value of a label"),
    ROW("uri", named_8, "an absolute URL or path"),
    ROW("uuid", named_9, "a UUID"),
    ROW("byte", named_10, "base64"),
    ROW("date", named_11, "a date: 2018-02-27"),
    ROW("datetime", named_12, "a time as in RFC 3339"),
};
const CelLibrary CEL_LIBRARY_formats = CEL_LIBRARY(ROWS);
