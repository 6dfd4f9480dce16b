/* SPDX-License-Identifier: Apache-2.0 */
/* rules_list.c -- rules as lines of text, or as JSON for other programs. */
#include "analyzer/rule/schema.h"
#include "analyzer/rules_command.h"
#include "base/cleanup.h"
#include "base/node.h"
#include "base/utf8.h"

static void
list_text(const Rule *rule, bool is_long, Buf *out)
{
    buf_printf(out, "%-10.*s %-9s %-13s ", STR_ARG(rule->id), SCHEMA_SEVERITIES[rule->severity],
               SCHEMA_STATUSES[rule->status]);
    utf8_escape_terminal(out, rule->title, false);
    buf_addc(out, '\n');
    for (size_t k = 0; is_long && k < rule->needs.count; k++) {
        buf_adds(out, k == 0 ? "           needs " : ", ");
        utf8_escape_terminal(out, rule->needs.items[k], false);
    }
    buf_adds(out, is_long && rule->needs.count ? "\n" : "");
}

static void
add_text(const char *key, Str text, Buf *out)
{
    buf_printf(out, ",\"%s\":", key);
    node_write_json_string(text, out);
}

static void
add_list(const char *key, const Str *items, size_t count, Buf *out)
{
    buf_printf(out, ",\"%s\":[", key);
    for (size_t i = 0; i < count; i++) {
        buf_adds(out, i ? "," : "");
        node_write_json_string(items[i], out);
    }
    buf_addc(out, ']');
}

/* What the findings say; what is filled in from the evidence is shown as three dots. */
static void
add_messages(const Rule *rule, Buf *out)
{
    buf_adds(out, ",\"messages\":[");
    for (size_t i = 0; i < rule->case_count; i++) {
        const Template *message = &rule->cases[i].message;
        CLEANUP(buf_done) Buf text = BUF_INIT(out->max_bytes);
        for (size_t p = 0; p < message->count; p++) {
            buf_add_str(&text, message->parts[p].literal);
            buf_adds(&text, message->parts[p].expression.program ? "…" : "");
        }
        buf_adds(out, i ? "," : "");
        node_write_json_string(buf_str(&text), out);
    }
    buf_addc(out, ']');
}

static void
list_json(const Rule *rule, Buf *out)
{
    buf_adds(out, "{\"id\":");
    node_write_json_string(rule->id, out);
    add_text("title", rule->title, out);
    add_text("severity", str_of(SCHEMA_SEVERITIES[rule->severity]), out);
    add_text("status", str_of(SCHEMA_STATUSES[rule->status]), out);
    add_text("istio", rule->istio.text, out);
    add_list("guide", rule->guide.items, rule->guide.count, out);
    add_list("needs", rule->needs.items, rule->needs.count, out);
    add_list("explains", rule->explains.items, rule->explains.count, out);
    add_messages(rule, out);
    buf_adds(out, "}\n");
}

RulesExit
command_list(RulesRun *run)
{
    RulesExit result = load_sound(run, true);
    for (size_t i = 0; result == RULES_GOOD && i < run->set->rules.count; i++) {
        const Rule *rule = run->set->rules.items[i];
        if (run->options->json)
            list_json(rule, run->out);
        else
            list_text(rule, run->options->is_long, run->out);
    }
    return result;
}
