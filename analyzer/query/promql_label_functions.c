/* SPDX-License-Identifier: Apache-2.0 */
/* promql_label_functions.c -- functions that change or sort by labels. */
#include "analyzer/query/promql_internal.h"

#include "base/buf.h"
#include "base/utf8.h"

#include <stdlib.h>

static Status
check_label_name(Call *call, size_t arg, Str name)
{
    if (name.n && utf8_valid(name, NULL))
        return ST_OK;
    return promql_error(call->eval->query, call->tree->args[arg]->start, call->eval->err,
                        "invalid label name in %s", call->tree->function->name);
}

/* Sets a label of every element, or leaves it where has_value says so. */
static Status
set_label(Call *call, const Sample *from, Str label, Str value)
{
    Sample sample = *from;
    if (value.n > LIMIT_LABEL_VALUE_BYTES)
        return promql_error(call->eval->query, call->tree->start, call->eval->err,
                            "a label value of more than %llu bytes",
                            (unsigned long long)LIMIT_LABEL_VALUE_BYTES);
    TRY(promql_labels_set(call->eval, from->labels, label, value, &sample.labels));
    if (str_is(label, "__name__"))
        sample.drop_name = false;
    return promql_push(call->eval, call->ret, &sample);
}

/* Group of a replacement by number or name: $1, ${1}, $name, ${name}, $$ is a dollar.  The
 * bytes that it takes; 0 where it is none. */
static size_t
reference(const Regex *regex, Str text, size_t *ret_group, bool *ret_dollar)
{
    *ret_dollar = text.n > 1 && text.p[1] == '$';
    if (*ret_dollar)
        return 2;
    bool braces = text.n > 1 && text.p[1] == '{';
    size_t from = braces ? 2 : 1, end = from;
    while (end < text.n
           && (text.p[end] == '_' || (text.p[end] >= '0' && text.p[end] <= '9')
               || (text.p[end] >= 'a' && text.p[end] <= 'z')
               || (text.p[end] >= 'A' && text.p[end] <= 'Z')))
        end++;
    if (end == from || (braces && (end == text.n || text.p[end] != '}')))
        return 0;
    Str name = str_sub(text, from, end - from);
    uint64_t number;
    if (str_to_u64(name, &number))
        *ret_group = number <= regex_group_count(regex) ? (size_t)number : SIZE_MAX;
    else
        *ret_group = regex_group_find(regex, name) ? regex_group_find(regex, name) : SIZE_MAX;
    return end + braces;
}

/* The replacement with its references filled in; unknown ones are empty. */
static void
expand(const Regex *regex, Str replacement, Str text, const RegexSpan *spans, Buf *out)
{
    while (replacement.n) {
        size_t at, group = SIZE_MAX, bytes = 0;
        bool dollar = false;
        if (!str_find_char(replacement, '$', &at))
            at = replacement.n;
        buf_add_str(out, str_head(replacement, at));
        replacement = str_from(replacement, at);
        if (replacement.n)
            bytes = reference(regex, replacement, &group, &dollar);
        if (dollar || (replacement.n && bytes == 0)) {
            buf_addc(out, '$');
            bytes = bytes ? bytes : 1;
        } else if (group != SIZE_MAX && spans[group].start != REGEX_UNSET) {
            buf_add_str(out, str_sub(text, spans[group].start,
                                     spans[group].end - spans[group].start));
        }
        replacement = str_from(replacement, bytes);
    }
}

static Status
compile_pattern(Call *call, Str pattern, const Regex **ret)
{
    Err inner = {0};
    Status status = regex_compile(call->eval->arena, pattern, REGEX_ANCHORED, ret, &inner);
    if (status == ST_NOMEM)
        return err_nomem(call->eval->err);
    if (status != ST_OK)
        return promql_error(call->eval->query, call->tree->args[4]->start, call->eval->err,
                            "invalid regular expression: %s", inner.text);
    return ST_OK;
}

Status
promql_label_replace(Call *call)
{
    Eval *eval = call->eval;
    Str label = call->args[1].string, replacement = call->args[2].string;
    Str source = call->args[3].string;
    const Regex *regex = NULL;
    TRY(check_label_name(call, 1, label));
    TRY(compile_pattern(call, call->args[4].string, &regex));
    size_t span_count = regex_group_count(regex) + 1;
    RegexSpan *spans = ARENA_ARRAY(eval->arena, RegexSpan, span_count);
    if (!spans)
        return err_nomem(eval->err);
    CLEANUP(buf_done) Buf value = BUF_INIT(LIMIT_LABEL_VALUE_BYTES);
    for (size_t i = 0; i < call->args[0].samples.count; i++) {
        const Sample *sample = &call->args[0].samples.items[i];
        Str text = labels_get(sample->labels, source);
        if (regex_match(regex, text, 0, spans, span_count) != REGEX_FOUND) {
            TRY(promql_push(eval, call->ret, sample));
            continue;
        }
        buf_clear(&value);
        expand(regex, replacement, text, spans, &value);
        TRY(buf_status(&value, eval->err));
        Str kept = arena_str(eval->arena, buf_str(&value));
        if (!kept.p)
            return err_nomem(eval->err);
        TRY(promql_spend(eval, call->tree, kept.n / 256));
        TRY(set_label(call, sample, label, kept));
    }
    return promql_check_distinct(eval, call->tree, call->ret);
}

Status
promql_label_join(Call *call)
{
    Eval *eval = call->eval;
    Str label = call->args[1].string, separator = call->args[2].string;
    TRY(check_label_name(call, 1, label));
    for (size_t arg = 3; arg < call->arg_count; arg++)
        TRY(check_label_name(call, arg, call->args[arg].string));
    CLEANUP(buf_done) Buf value = BUF_INIT(LIMIT_LABEL_VALUE_BYTES);
    for (size_t i = 0; i < call->args[0].samples.count; i++) {
        const Sample *sample = &call->args[0].samples.items[i];
        buf_clear(&value);
        for (size_t arg = 3; arg < call->arg_count; arg++) {
            if (arg > 3)
                buf_add_str(&value, separator);
            buf_add_str(&value, labels_get(sample->labels, call->args[arg].string));
        }
        TRY(buf_status(&value, eval->err));
        Str kept = arena_str(eval->arena, buf_str(&value));
        if (!kept.p)
            return err_nomem(eval->err);
        TRY(promql_spend(eval, call->tree, kept.n / 256));
        TRY(set_label(call, sample, label, kept));
    }
    return promql_check_distinct(eval, call->tree, call->ret);
}

/* Sorting by labels. */

/* Numbers inside texts count as numbers: "a10" stands behind "a9". */
static int
compare_naturally(Str a, Str b)
{
    size_t i = 0, j = 0;
    while (i < a.n && j < b.n) {
        bool digits = a.p[i] >= '0' && a.p[i] <= '9' && b.p[j] >= '0' && b.p[j] <= '9';
        if (!digits) {
            if (a.p[i] != b.p[j])
                return (unsigned char)a.p[i] < (unsigned char)b.p[j] ? -1 : 1;
            i++;
            j++;
            continue;
        }
        while (i + 1 < a.n && a.p[i] == '0' && a.p[i + 1] >= '0' && a.p[i + 1] <= '9')
            i++;
        while (j + 1 < b.n && b.p[j] == '0' && b.p[j + 1] >= '0' && b.p[j + 1] <= '9')
            j++;
        size_t from_i = i, from_j = j;
        while (i < a.n && a.p[i] >= '0' && a.p[i] <= '9')
            i++;
        while (j < b.n && b.p[j] >= '0' && b.p[j] <= '9')
            j++;
        if (i - from_i != j - from_j)
            return i - from_i < j - from_j ? -1 : 1;
        int order = str_cmp(str_sub(a, from_i, i - from_i), str_sub(b, from_j, j - from_j));
        if (order)
            return order;
    }
    return (i < a.n) - (j < b.n);
}

static int
compare_all_labels(Labels a, Labels b)
{
    for (size_t i = 0; i < a.count && i < b.count; i++) {
        int order = str_cmp(a.items[i].name, b.items[i].name);
        if (!order)
            order = str_cmp(a.items[i].value, b.items[i].value);
        if (order)
            return order;
    }
    return (a.count > b.count) - (a.count < b.count);
}

typedef struct {
    const Call *call;
    int sign;
} LabelOrder;

static int
compare_by_labels(const void *a, const void *b, void *context)
{
    const LabelOrder *order = context;
    const Sample *left = a, *right = b;
    for (size_t arg = 1; arg < order->call->arg_count; arg++) {
        Str label = order->call->args[arg].string;
        int by_label = compare_naturally(labels_get(left->labels, label),
                                         labels_get(right->labels, label));
        if (by_label)
            return order->sign * by_label;
    }
    return order->sign * compare_all_labels(left->labels, right->labels);
}

static Status
sort_by_labels(Call *call, int sign)
{
    LabelOrder order = {call, sign};
    for (size_t i = 0; i < call->args[0].samples.count; i++)
        TRY(promql_push(call->eval, call->ret, &call->args[0].samples.items[i]));
    if (call->ret->samples.count)
        qsort_r(call->ret->samples.items, call->ret->samples.count,
                sizeof *call->ret->samples.items, compare_by_labels, &order);
    return ST_OK;
}

Status
promql_sort_by_label(Call *call)
{
    return sort_by_labels(call, 1);
}

Status
promql_sort_by_label_desc(Call *call)
{
    return sort_by_labels(call, -1);
}
