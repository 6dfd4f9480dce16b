/* SPDX-License-Identifier: Apache-2.0 */
/* kind.c -- names of members: taken apart and put together by the patterns of kinds.def. */
#include "bundle/kind.h"

#include "base/buf.h"
#include "base/limits.h"

const MemberKindRow MEMBER_KINDS[] = {
#define KIND(id, name, pattern, format, help) \
    [MEMBER_##id] = {name, pattern, MEMBER_FORMAT_##format, help},
#include "bundle/kinds.def"
#undef KIND
    [MEMBER_OTHER] = {"other", NULL, MEMBER_FORMAT_SUFFIX, "none of the kinds above"},
};

static const char CORE_GROUP[] = "core";

MemberKind
member_kind_of(Str name)
{
    for (int kind = 0; kind < MEMBER_OTHER; kind++)
        if (str_is(name, MEMBER_KINDS[kind].name))
            return (MemberKind)kind;
    return MEMBER_OTHER;
}

const char *
member_format_name(MemberFormat format)
{
    static const char *const NAMES[] = {
        [MEMBER_FORMAT_JSON] = "json", [MEMBER_FORMAT_LIST] = "list",
        [MEMBER_FORMAT_NDJSON] = "ndjson", [MEMBER_FORMAT_LOG] = "log",
        [MEMBER_FORMAT_METRICS] = "metrics", [MEMBER_FORMAT_YAML] = "yaml",
        [MEMBER_FORMAT_TEXT] = "text", [MEMBER_FORMAT_SUFFIX] = "suffix",
    };
    return (size_t)format < sizeof NAMES / sizeof NAMES[0] ? NAMES[format] : "unknown";
}

/* The fields that a pattern can name.  Numbers are kept apart from views. */
typedef struct {
    const char *name;
    size_t offset;
    bool number;
} Field;

static const Field FIELDS[] = {
    {"group", offsetof(MemberName, group), false},
    {"plural", offsetof(MemberName, plural), false},
    {"namespace", offsetof(MemberName, namespace), false},
    {"pod", offsetof(MemberName, pod), false},
    {"container", offsetof(MemberName, container), false},
    {"component", offsetof(MemberName, component), false},
    {"what", offsetof(MemberName, what), false},
    {"port", offsetof(MemberName, port), true},
    {"sample", offsetof(MemberName, sample), true},
};

static const Field *
field_of(Str name)
{
    for (size_t i = 0; i < sizeof FIELDS / sizeof FIELDS[0]; i++)
        if (str_is(name, FIELDS[i].name))
            return &FIELDS[i];
    return NULL;
}

static bool
read_number(Str text, uint32_t *ret)
{
    uint64_t number;
    if (text.n > 5 || (text.n && text.p[0] == '0') || !str_to_u64(text, &number) ||
        number == 0 || number > 65535)
        return false;
    *ret = (uint32_t)number;
    return true;
}

static bool
set_field(MemberName *name, Str field_name, Str value)
{
    const Field *field = field_of(field_name);
    if (!field || value.n == 0)
        return false;
    char *at = (char *)name + field->offset;
    if (field->number)
        return read_number(value, (uint32_t *)(void *)at);
    if (field->offset == offsetof(MemberName, group) && str_is(value, CORE_GROUP))
        value = (Str){value.p, 0};
    *(Str *)(void *)at = value;
    return true;
}

/* Matches one component with its pattern, "{pod}.{port}.{sample}.prom", from the right: the
 * literal at the end, then each field after the last occurrence of the literal before it. */
static bool
match_component(Str pattern, Str text, MemberName *name)
{
    for (;;) {
        size_t open;
        size_t close;
        if (!str_rfind_char(pattern, '}', &close))
            return str_eq(pattern, text);
        Str literal = str_from(pattern, close + 1);
        if (!str_ends(text, literal))
            return false;
        text = str_head(text, text.n - literal.n);
        if (!str_rfind_char(str_head(pattern, close), '{', &open))
            return false;
        Str field = str_sub(pattern, open + 1, close - open - 1);
        pattern = str_head(pattern, open);
        if (pattern.n == 0)
            return set_field(name, field, text);
        size_t dot;
        if (!str_rfind_char(text, pattern.p[pattern.n - 1], &dot) ||
            !set_field(name, field, str_from(text, dot + 1)))
            return false;
        text = str_head(text, dot + 1);
    }
}

static bool
match_pattern(const char *pattern, Str name, MemberName *ret)
{
    Str patterns = str_of(pattern);
    Str wanted;
    Str given;
    while (str_cut(&patterns, '/', &wanted)) {
        if (!str_cut(&name, '/', &given) || !match_component(wanted, given, ret))
            return false;
    }
    return name.p == NULL;
}

void
member_name_parse(Str below_top, MemberName *ret)
{
    for (int kind = 0; kind < MEMBER_OTHER; kind++) {
        MemberName name = {.kind = (MemberKind)kind};
        if (match_pattern(MEMBER_KINDS[kind].pattern, below_top, &name)) {
            *ret = name;
            return;
        }
    }
    *ret = (MemberName){.kind = MEMBER_OTHER};
}

MemberFormat
member_name_format(Str below_top)
{
    static const struct {
        Str end;
        MemberFormat format;
    } ENDS[] = {
        {STR_INIT(".json"), MEMBER_FORMAT_JSON},   {STR_INIT(".ndjson"), MEMBER_FORMAT_NDJSON},
        {STR_INIT(".log"), MEMBER_FORMAT_LOG},     {STR_INIT(".prom"), MEMBER_FORMAT_METRICS},
        {STR_INIT(".yaml"), MEMBER_FORMAT_YAML},   {STR_INIT(".yml"), MEMBER_FORMAT_YAML},
    };
    MemberName name;
    member_name_parse(below_top, &name);
    MemberFormat format = MEMBER_KINDS[name.kind].format;
    if (format != MEMBER_FORMAT_SUFFIX)
        return format;
    for (size_t i = 0; i < sizeof ENDS / sizeof ENDS[0]; i++)
        if (str_ends(below_top, ENDS[i].end))
            return ENDS[i].format;
    return MEMBER_FORMAT_TEXT;
}

static void
add_field(Buf *out, const MemberName *parts, Str field_name)
{
    const Field *field = field_of(field_name);
    if (!field)
        return;
    const char *at = (const char *)parts + field->offset;
    if (field->number) {
        buf_printf(out, "%u", *(const uint32_t *)(const void *)at);
        return;
    }
    Str value = *(const Str *)(const void *)at;
    if (field->offset == offsetof(MemberName, group) && value.n == 0)
        value = str_of(CORE_GROUP);
    buf_add_str(out, value);
}

static void
fill_pattern(Buf *out, const MemberName *parts)
{
    Str rest = str_of(MEMBER_KINDS[parts->kind].pattern);
    Str literal;
    while (str_cut(&rest, '{', &literal)) {
        buf_add_str(out, literal);
        Str field;
        if (rest.p && str_cut(&rest, '}', &field))
            add_field(out, parts, field);
    }
}

static bool
same_parts(const MemberName *a, const MemberName *b)
{
    return a->kind == b->kind && str_eq(a->group, b->group) && str_eq(a->plural, b->plural) &&
           str_eq(a->namespace, b->namespace) && str_eq(a->pod, b->pod) &&
           str_eq(a->container, b->container) && str_eq(a->component, b->component) &&
           str_eq(a->what, b->what) && a->port == b->port && a->sample == b->sample;
}

Status
member_name_build(Arena *arena, const MemberName *parts, Str *ret, Err *err)
{
    if ((unsigned)parts->kind >= MEMBER_OTHER)
        return err_set(err, ST_USAGE, "a member of no kind has no name");
    CLEANUP(buf_done) Buf text = BUF_INIT(4 * LIMIT_MEMBER_NAME_BYTES);
    fill_pattern(&text, parts);
    if (text.failed == ST_LIMIT)
        return err_set(err, ST_LIMIT, "a member's name would be too long");
    TRY(buf_status(&text, err));
    Str name;
    TRY(member_name_normalise(arena, buf_str(&text), &name, err));
    MemberName again;
    member_name_parse(name, &again);
    if (name.n != text.n || !same_parts(parts, &again))
        return err_set(err, ST_UNSAFE, "'%.*s' is not what its parts say", STR_ARG(name));
    Str copy = arena_str(arena, name);
    if (!copy.p)
        return err_nomem(err);
    *ret = copy;
    return ST_OK;
}

Status
member_name_k8s_list(Arena *arena, Str group, Str plural, Str *ret, Err *err)
{
    MemberName parts = {.kind = MEMBER_K8S_LIST, .group = group, .plural = plural};
    return member_name_build(arena, &parts, ret, err);
}

Status
member_name_log(Arena *arena, Str namespace, Str pod, Str container, bool previous, Str *ret,
                Err *err)
{
    MemberName parts = {.kind = previous ? MEMBER_LOG_PREVIOUS : MEMBER_LOG,
                        .namespace = namespace, .pod = pod, .container = container};
    return member_name_build(arena, &parts, ret, err);
}

Status
member_name_metrics(Arena *arena, Str component, Str namespace, Str pod, uint32_t port,
                    uint32_t sample, Str *ret, Err *err)
{
    MemberName parts = {.kind = MEMBER_METRICS, .component = component,
                        .namespace = namespace, .pod = pod, .port = port, .sample = sample};
    return member_name_build(arena, &parts, ret, err);
}

Status
member_name_http(Arena *arena, Str component, Str namespace, Str pod, Str what, Str *ret,
                 Err *err)
{
    MemberName parts = {.kind = MEMBER_HTTP, .component = component, .namespace = namespace,
                        .pod = pod, .what = what};
    return member_name_build(arena, &parts, ret, err);
}

Status
member_name_exec(Arena *arena, Str namespace, Str pod, Str container, Str what, Str *ret,
                 Err *err)
{
    MemberName parts = {.kind = MEMBER_EXEC, .namespace = namespace, .pod = pod,
                        .container = container, .what = what};
    return member_name_build(arena, &parts, ret, err);
}

Status
member_name_host(Arena *arena, Str what, Str *ret, Err *err)
{
    MemberName parts = {.kind = MEMBER_HOST, .what = what};
    return member_name_build(arena, &parts, ret, err);
}

Str
member_name_fixed(MemberKind kind)
{
    Str pattern = (unsigned)kind < MEMBER_OTHER ? str_of(MEMBER_KINDS[kind].pattern) : STR("");
    size_t at;
    return str_find_char(pattern, '{', &at) ? STR("") : pattern;
}
