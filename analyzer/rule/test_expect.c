/* SPDX-License-Identifier: Apache-2.0 */
/* test_expect.c -- compares the verdicts of a rule with those that a test expects. */
#include "analyzer/rule/test_expect.h"

#include "analyzer/rule/schema.h"
#include "base/utf8.h"
#include "base/yaml_position.h"

/* A long text is shown in part. */
enum { SHOWN_BYTES = 300, SHOWN_VERDICTS = 10 };

typedef enum {
    FIELD_VERDICT,
    FIELD_SUBJECT,
    FIELD_SEVERITY,
    FIELD_CONFIDENCE,
    FIELD_MESSAGE,
    FIELD_REASON,
    FIELD_EVIDENCE,
    FIELD_COUNT
} Field;

static const struct {
    const char *key;
    bool is_part;           /* a part of the text will do */
} FIELDS[FIELD_COUNT] = {
    [FIELD_VERDICT] = {"verdict", false},       [FIELD_SUBJECT] = {"subject", false},
    [FIELD_SEVERITY] = {"severity", false},     [FIELD_CONFIDENCE] = {"confidence", false},
    [FIELD_MESSAGE] = {"message", true},        [FIELD_REASON] = {"reason", true},
    [FIELD_EVIDENCE] = {"evidence", true},
};

typedef struct {
    const Verdict *verdicts;
    size_t count;
    bool *is_taken;
    Str file_text;
    Buf *out;
} Comparing;

static void
write_evidence(const VerdictDetail *detail, Buf *out)
{
    for (size_t i = 0; i < detail->evidence_count; i++) {
        const Evidence *evidence = &detail->evidence[i];
        buf_adds(out, i ? "\n" : "");
        buf_add_str(out, evidence->member);
        if (evidence->line > 0)
            buf_printf(out, ":%u", evidence->line);
        buf_adds(out, evidence->pointer.n > 0 ? " " : "");
        buf_add_str(out, evidence->pointer);
        buf_addc(out, ' ');
        buf_add_str(out, evidence->excerpt);
    }
}

/* What a verdict has in a field. */
static void
write_field(const Verdict *verdict, Field field, Buf *out)
{
    switch (field) {
    case FIELD_VERDICT:
        buf_adds(out, SCHEMA_VERDICTS[verdict->kind]);
        break;
    case FIELD_SUBJECT:
        buf_add_str(out, verdict->subject);
        break;
    case FIELD_SEVERITY:
        buf_adds(out, SCHEMA_SEVERITIES[verdict->severity]);
        break;
    case FIELD_CONFIDENCE:
        buf_adds(out, SCHEMA_CONFIDENCES[verdict->confidence]);
        break;
    case FIELD_MESSAGE:
        buf_add_str(out, verdict->detail->message);
        break;
    case FIELD_REASON:
        buf_add_str(out, verdict->detail->reason);
        break;
    case FIELD_EVIDENCE:
        write_evidence(verdict->detail, out);
        break;
    case FIELD_COUNT:
        break;
    }
}

static Str
expected_text(const Comparing *comparing, const Node *node)
{
    return node->type == NODE_STRING ? node->string : yaml_written(comparing->file_text, node);
}

/* True where the expectation says nothing of the field, or what the verdict says too. */
static bool
is_met(const Comparing *comparing, const Node *expectation, const Verdict *verdict, Field field)
{
    const Node *node = node_get(expectation, str_of(FIELDS[field].key));
    if (!node)
        return true;
    Str wanted = expected_text(comparing, node);
    CLEANUP(buf_done) Buf text = BUF_INIT(1 << 20);
    write_field(verdict, field, &text);
    size_t at;
    return FIELDS[field].is_part ? str_find(buf_str(&text), wanted, &at)
                                 : str_eq(buf_str(&text), wanted);
}

static size_t
count_met(const Comparing *comparing, const Node *expectation, const Verdict *verdict)
{
    size_t met = 0;
    for (Field field = 0; field < FIELD_COUNT; field++)
        met += is_met(comparing, expectation, verdict, field);
    return met;
}

static void
write_shown(Str text, Buf *out)
{
    buf_addc(out, '"');
    utf8_escape_terminal(out, str_head(text, SHOWN_BYTES), false);
    buf_adds(out, text.n > SHOWN_BYTES ? " ...\"" : "\"");
}

static void
write_difference(const Comparing *comparing, const Node *expectation, const Verdict *verdict)
{
    for (Field field = 0; field < FIELD_COUNT; field++) {
        if (is_met(comparing, expectation, verdict, field))
            continue;
        const Node *node = node_get(expectation, str_of(FIELDS[field].key));
        CLEANUP(buf_done) Buf text = BUF_INIT(1 << 20);
        write_field(verdict, field, &text);
        buf_printf(comparing->out, "    %-10s expected %s", FIELDS[field].key,
                   FIELDS[field].is_part ? "a text with " : "");
        write_shown(expected_text(comparing, node), comparing->out);
        buf_adds(comparing->out, "\n               but it is ");
        write_shown(buf_str(&text), comparing->out);
        buf_addc(comparing->out, '\n');
    }
}

static void
write_verdict(const Comparing *comparing, const Verdict *verdict)
{
    Buf *out = comparing->out;
    buf_printf(out, "      %s ", SCHEMA_VERDICTS[verdict->kind]);
    write_shown(verdict->subject, out);
    Str text = verdict->detail->message.n > 0 ? verdict->detail->message
                                              : verdict->detail->reason;
    if (text.n > 0) {
        buf_adds(out, ": ");
        write_shown(text, out);
    }
    buf_addc(out, '\n');
}

static void
write_verdicts(const Comparing *comparing)
{
    buf_printf(comparing->out, "    the rule said %zu verdict%s\n", comparing->count,
               comparing->count == 1 ? ":" : "s:");
    for (size_t i = 0; i < comparing->count && i < SHOWN_VERDICTS; i++)
        write_verdict(comparing, &comparing->verdicts[i]);
    if (comparing->count > SHOWN_VERDICTS)
        buf_printf(comparing->out, "      and %zu more\n", comparing->count - SHOWN_VERDICTS);
}

static bool
expect_one(Comparing *comparing, const Node *expectation)
{
    size_t best = 0;
    size_t best_met = 0;
    for (size_t i = 0; i < comparing->count; i++) {
        if (comparing->is_taken[i])
            continue;
        size_t met = count_met(comparing, expectation, &comparing->verdicts[i]);
        if (met == FIELD_COUNT) {
            comparing->is_taken[i] = true;
            return true;
        }
        if (met > best_met) {
            best = i;
            best_met = met;
        }
    }
    if (best_met > 0)
        write_difference(comparing, expectation, &comparing->verdicts[best]);
    else
        buf_printf(comparing->out, "    %-10s expected one more, %s\n", "verdict",
                   SCHEMA_VERDICTS[schema_choice(SCHEMA_VERDICTS, node_string(node_get(
                       expectation, STR("verdict"))))]);
    return false;
}

static bool
expect_no_other(const Comparing *comparing)
{
    bool is_good = true;
    for (size_t i = 0; i < comparing->count; i++) {
        if (comparing->is_taken[i] || comparing->verdicts[i].kind != VERDICT_FINDING)
            continue;
        buf_adds(comparing->out, "    a finding that was not expected\n");
        is_good = false;
        break;
    }
    return is_good;
}

bool
expect_all(const Node *expect, const Verdict *verdicts, size_t count, Str file_text,
           Arena *arena, Buf *out)
{
    Comparing comparing = {.verdicts = verdicts, .count = count, .file_text = file_text,
                           .out = out, .is_taken = ARENA_ARRAY(arena, bool, count + 1)};
    if (!comparing.is_taken)
        return false;
    size_t wanted = expect->type == NODE_LIST ? expect->count : 1;
    bool is_good = true;
    for (size_t i = 0; i < wanted; i++)
        is_good &= expect_one(&comparing, expect->type == NODE_LIST ? &expect->items[i] : expect);
    is_good &= expect_no_other(&comparing);
    if (!is_good)
        write_verdicts(&comparing);
    return is_good;
}

bool
expects_kind(const Node *expect, VerdictKind kind)
{
    size_t wanted = expect->type == NODE_LIST ? expect->count : 1;
    for (size_t i = 0; i < wanted; i++) {
        const Node *one = expect->type == NODE_LIST ? &expect->items[i] : expect;
        if (str_is(node_string(node_get(one, STR("verdict"))), SCHEMA_VERDICTS[kind]))
            return true;
    }
    return false;
}
