/* SPDX-License-Identifier: Apache-2.0 */
/* explain_pack.c -- a page of Markdown about the rules of one pack. */
#include "analyzer/report/explain.h"

#include "analyzer/report/markdown.h"
#include "analyzer/rule/schema.h"

static void
write_table(const RuleSet *set, const RulePack *pack, Buf *out)
{
    buf_adds(out, "| rule | severity | what it finds |\n|---|---|---|\n");
    for (size_t i = 0; i < set->rules.count; i++) {
        const Rule *rule = set->rules.items[i];
        if (rule->file->pack != pack)
            continue;
        buf_printf(out, "| [" STR_FMT "](#" STR_FMT ") | %s | ", STR_ARG(rule->id),
                   STR_ARG(rule->id), SCHEMA_SEVERITIES[rule->severity]);
        markdown_inline(rule->title, out);
        buf_adds(out, " |\n");
    }
    buf_addc(out, '\n');
}

static void
write_list(const char *label, const Str *items, size_t count, Buf *out)
{
    if (count == 0)
        return;
    buf_printf(out, "* %s: ", label);
    for (size_t i = 0; i < count; i++) {
        buf_adds(out, i ? ", " : "");
        markdown_inline(items[i], out);
    }
    buf_addc(out, '\n');
}

static void
write_conditions(const Rule *rule, Buf *out)
{
    if (rule->when_applicable.program) {
        buf_adds(out, "Only if\n\n");
        markdown_block(str_trim(rule->when_applicable.text), out);
    }
    if (rule->each.count > 0) {
        buf_adds(out, "For each `");
        buf_add_str(out, rule->each.items[0].name);
        buf_adds(out, "`, one verdict.\n\n");
    }
    for (size_t i = 0; i < rule->case_count; i++)
        if (rule->cases[i].when.program)
            markdown_block(str_trim(rule->cases[i].when.text), out);
}

static void
write_fixes(const Rule *rule, Buf *out)
{
    for (size_t i = 0; i < rule->fix_count; i++) {
        const RuleFix *fix = &rule->fixes[i];
        buf_adds(out, "Fix: ");
        for (size_t p = 0; p < fix->text.count; p++) {
            markdown_inline(fix->text.parts[p].literal, out);
            if (fix->text.parts[p].expression.program)
                buf_adds(out, "…");
        }
        if (fix->risk.n > 0) {
            buf_adds(out, " Risk: ");
            markdown_inline(fix->risk, out);
            buf_addc(out, '.');
        }
        buf_adds(out, "\n\n");
    }
}

static void
write_rule(const Rule *rule, Buf *out)
{
    buf_printf(out, "## <a id=\"" STR_FMT "\"></a>" STR_FMT ": ", STR_ARG(rule->id),
               STR_ARG(rule->id));
    markdown_inline(rule->title, out);
    buf_printf(out, "\n\n* severity: %s, confidence %s, %s\n", SCHEMA_SEVERITIES[rule->severity],
               SCHEMA_CONFIDENCES[rule->confidence], SCHEMA_STATUSES[rule->status]);
    if (rule->istio.text.n > 0)
        write_list("Istio", &rule->istio.text, 1, out);
    if (rule->kubernetes.text.n > 0)
        write_list("Kubernetes", &rule->kubernetes.text, 1, out);
    write_list("needs", rule->needs.items, rule->needs.count, out);
    write_list("explains", rule->explains.items, rule->explains.count, out);
    write_list("tags", rule->tags.items, rule->tags.count, out);
    for (size_t i = 0; i < rule->guide.count; i++) {
        buf_adds(out, "* <");
        rule_guide_address(rule, rule->guide.items[i], out);
        buf_adds(out, ">\n");
    }
    for (size_t i = 0; i < rule->refs.count; i++) {
        buf_adds(out, "* <");
        buf_add_str(out, rule->refs.items[i]);
        buf_adds(out, ">\n");
    }
    buf_addc(out, '\n');
    markdown_inline(rule->why, out);
    buf_adds(out, rule->why.n > 0 ? "\n\n" : "");
    write_conditions(rule, out);
    write_fixes(rule, out);
}

void
explain_pack(const RuleSet *set, const RulePack *pack, Buf *out)
{
    buf_adds(out, "# Rules of ");
    markdown_inline(pack->name, out);
    buf_adds(out, pack->version.n > 0 ? " " : "");
    markdown_inline(pack->version, out);
    buf_adds(out, "\n\n");
    write_table(set, pack, out);
    for (size_t i = 0; i < set->rules.count; i++)
        if (set->rules.items[i]->file->pack == pack)
            write_rule(set->rules.items[i], out);
}
