/* SPDX-License-Identifier: Apache-2.0 */
/* cel_lib_regex.c -- replacing and extracting by regular expression: CEL's extension, and
 * Kubernetes' find. */
#include "analyzer/query/cel_libraries.h"
#include "base/utf8.h"

enum { SPANS = 10 };    /* the match and groups 1 to 9 */

/* Matches one behind the other.  An empty match right behind another is none, as in Go. */
typedef struct {
    CelRun *run;
    const Regex *regex;
    Str text;
    size_t at;
    size_t last_end;
    bool any;
    Value bad;              /* an error once next() is false because of it */
    RegexSpan spans[SPANS];
} Matches;

static bool
start(Matches *m, CelRun *run, const Value *args)
{
    *m = (Matches){.run = run, .text = args[0].string, .bad = value_null()};
    m->regex = cel_regex(run, args[1].string, &m->bad);
    return m->regex != NULL;
}

static bool
next(Matches *m)
{
    while (m->at <= m->text.n) {
        if (!cel_work(m->run, 1 + (m->text.n - m->at) / 100)) {
            m->bad = cel_stopped(m->run);
            return false;
        }
        RegexResult result = regex_match(m->regex, m->text, m->at, m->spans, SPANS);
        if (result == REGEX_LIMIT)
            m->bad = cel_error(m->run, "the regular expression takes too many steps on this text");
        if (result != REGEX_FOUND)
            return false;
        bool empty = m->spans[0].end == m->spans[0].start;
        bool accept = !empty || !m->any || m->spans[0].start != m->last_end;
        uint32_t code = 0;
        m->at = m->spans[0].end;
        if (empty)
            m->at += m->at < m->text.n ? utf8_decode(m->text, m->at, &code) : 1;
        m->last_end = m->spans[0].end;
        m->any = true;
        if (accept)
            return true;
    }
    return false;
}

static Str
group(const Matches *m, size_t number)
{
    const RegexSpan *span = &m->spans[number];
    return span->start == REGEX_UNSET
               ? STR("")
               : str_sub(m->text, span->start, span->end - span->start);
}

/* \0 to \9 and \\ in a replacement; false (and m->bad filled) on anything else. */
static bool
write_replacement(Matches *m, Str with, Buf *out)
{
    for (size_t i = 0; i < with.n; i++) {
        if (with.p[i] != '\\') {
            buf_addc(out, with.p[i]);
            continue;
        }
        char c = ++i < with.n ? with.p[i] : '\0';
        if (c == '\\') {
            buf_addc(out, '\\');
            continue;
        }
        if (c < '0' || c > '9') {
            m->bad = cel_error(m->run, "a backslash in a replacement needs a digit or a backslash");
            return false;
        }
        size_t number = (size_t)(c - '0');
        if (number > regex_group_count(m->regex)) {
            m->bad = cel_error(m->run, "the replacement names group %zu of %zu", number,
                               regex_group_count(m->regex));
            return false;
        }
        buf_add_str(out, group(m, number));
    }
    return true;
}

static Value
replace(CelRun *run, const Value *args, size_t count)
{
    CLEANUP(buf_done) Buf text = CEL_BUF();
    Matches m;
    int64_t limit = count > 3 ? args[3].integer : -1;
    size_t from = 0;
    if (!start(&m, run, args))
        return m.bad;
    while (limit != 0 && next(&m)) {
        buf_add_str(&text, str_sub(m.text, from, m.spans[0].start - from));
        if (!write_replacement(&m, args[2].string, &text))
            return m.bad;
        from = m.spans[0].end;
        limit -= limit > 0;
    }
    if (value_is_absorbing(m.bad))
        return m.bad;
    buf_add_str(&text, str_from(m.text, from));
    return cel_string_of_buf(run, &text);
}

static Value
too_many_groups(CelRun *run)
{
    return cel_error(run, "the regular expression has more than one group");
}

static Value
extract(CelRun *run, const Value *args, size_t count)
{
    Matches m;
    (void)count;
    if (!start(&m, run, args))
        return m.bad;
    size_t groups = regex_group_count(m.regex);
    if (groups > 1)
        return too_many_groups(run);
    if (!next(&m))
        return value_is_absorbing(m.bad) ? m.bad : value_optional(NULL);
    Str found = group(&m, groups);
    return groups == 1 && found.n == 0 ? value_optional(NULL)
                                       : cel_optional_of(run, value_string(found));
}

static Value
extract_all(CelRun *run, const Value *args, size_t count)
{
    CelValues found = {0};
    Matches m;
    (void)count;
    if (!start(&m, run, args))
        return m.bad;
    size_t groups = regex_group_count(m.regex);
    if (groups > 1)
        return too_many_groups(run);
    while (next(&m)) {
        Str text = group(&m, groups);
        if ((groups == 0 || text.n) && !cel_push(run, &found, value_string(text)))
            return cel_stopped(run);
    }
    return value_is_absorbing(m.bad) ? m.bad : cel_list(run, found.items, found.count);
}

static Value
find(CelRun *run, const Value *args, size_t count)
{
    Matches m;
    (void)count;
    if (!start(&m, run, args))
        return m.bad;
    if (next(&m))
        return value_string(group(&m, 0));
    return value_is_absorbing(m.bad) ? m.bad : value_string(STR(""));
}

static Value
find_all(CelRun *run, const Value *args, size_t count)
{
    CelValues found = {0};
    Matches m;
    int64_t limit = count > 2 ? args[2].integer : -1;
    if (!start(&m, run, args))
        return m.bad;
    for (; limit != 0 && next(&m); limit -= limit > 0) {
        if (!cel_push(run, &found, value_string(group(&m, 0))))
            return cel_stopped(run);
    }
    return value_is_absorbing(m.bad) ? m.bad : cel_list(run, found.items, found.count);
}

static const CelFunction ROWS[] = {
    {"regex.replace", CEL_PATTERN, "sss?i", replace, "regex",
     "regex.replace(string, pattern, with [, limit]) -> string",
     "with matches replaced, everywhere or so often; \\1 to \\9 are groups"},
    {"regex.extract", CEL_PATTERN, "ss", extract, "regex",
     "regex.extract(string, pattern) -> optional", "the first match, or its group"},
    {"regex.extractAll", CEL_PATTERN, "ss", extract_all, "regex",
     "regex.extractAll(string, pattern) -> list", "all matches, or their groups"},
    {"find", CEL_METHOD | CEL_PATTERN, "ss", find, "kubernetes.regex",
     "string.find(pattern) -> string", "the first match, or the empty string"},
    {"findAll", CEL_METHOD | CEL_PATTERN, "ss?i", find_all, "kubernetes.regex",
     "string.findAll(pattern [, limit]) -> list", "all matches, at most limit of them"},
};
const CelLibrary CEL_LIBRARY_regex = CEL_LIBRARY(ROWS);
