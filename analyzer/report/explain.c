/* SPDX-License-Identifier: Apache-2.0 */
/* explain.c -- a rule in words, for the terminal. */
#include "analyzer/report/explain.h"

#include "analyzer/report/layout.h"
#include "analyzer/rule/schema.h"
#include "base/limits.h"

typedef struct {
    const RuleSet *set;
    const Rule *rule;
    Layout layout;
    Buf *out;
} Page;

static void
heading(const Page *page, const char *text)
{
    buf_addc(page->out, '\n');
    buf_adds(page->out, text);
    buf_addc(page->out, '\n');
}

static void
paragraph(const Page *page, Str text)
{
    layout_indent(&page->layout, 2);
    layout_wrap(&page->layout, text, 2, 2);
}

/* Text as the file has it, line by line. */
static void
verbatim(const Page *page, unsigned indent, Str text)
{
    for (Str line; text.n > 0 && str_cut(&text, '\n', &line);) {
        layout_indent(&page->layout, indent);
        layout_coloured(&page->layout, COLOUR_NONE, line);
        buf_addc(page->out, '\n');
    }
}

static void
template_text(const Template *template, Buf *out)
{
    for (size_t i = 0; i < template->count; i++) {
        buf_add_str(out, template->parts[i].literal);
        if (template->parts[i].expression.program) {
            buf_adds(out, "{{ ");
            buf_add_str(out, template->parts[i].expression.text);
            buf_adds(out, " }}");
        }
    }
}

static void
write_head(const Page *page)
{
    const Rule *rule = page->rule;
    CLEANUP(buf_done) Buf line = BUF_INIT(LIMIT_EXPRESSION_BYTES);
    buf_add_str(&line, rule->id);
    buf_adds(&line, "  ");
    buf_add_str(&line, rule->title);
    layout_wrap(&page->layout, buf_str(&line), 2, 0);
    buf_clear(&line);
    buf_printf(&line, "%s, confidence %s", SCHEMA_SEVERITIES[rule->severity],
               SCHEMA_CONFIDENCES[rule->confidence]);
    if (rule->low_if.program) {
        buf_adds(&line, ", low if ");
        buf_add_str(&line, rule->low_if.text);
    }
    if (rule->high_if.program) {
        buf_adds(&line, ", high if ");
        buf_add_str(&line, rule->high_if.text);
    }
    buf_printf(&line, "; %s; pack ", SCHEMA_STATUSES[rule->status]);
    buf_add_str(&line, rule->file->pack->name);
    buf_addc(&line, ' ');
    buf_add_str(&line, rule->file->pack->version);
    buf_printf(&line, "; %s:%u", rule->file->path, rule->line);
    paragraph(page, buf_str(&line));
    if (rule->replaced_by.n > 0)
        layout_field(&page->layout, 2, "instead", rule->replaced_by);
}

static void
write_versions(const Page *page)
{
    const Rule *rule = page->rule;
    if (rule->istio.text.n == 0 && rule->kubernetes.text.n == 0)
        return;
    heading(page, "Applies to");
    if (rule->istio.text.n > 0)
        layout_field(&page->layout, 2, "Istio", rule->istio.text);
    if (rule->kubernetes.text.n > 0)
        layout_field(&page->layout, 2, "Kubernetes", rule->kubernetes.text);
}

static void
write_binding(const Page *page, const Binding *binding)
{
    CLEANUP(buf_done) Buf line = BUF_INIT(LIMIT_RULE_FILE_BYTES);
    node_write_json(binding->spec, 0, &line);
    buf_adds(page->out, "  ");
    buf_add_str(page->out, binding->name);
    buf_adds(page->out, " = ");
    layout_wrap(&page->layout, buf_str(&line), 6, (unsigned)binding->name.n + 5);
}

static void
write_evidence(const Page *page)
{
    const Rule *rule = page->rule;
    heading(page, "Needs");
    CLEANUP(buf_done) Buf line = BUF_INIT(LIMIT_EXPRESSION_BYTES);
    for (size_t i = 0; i < rule->needs.count; i++) {
        buf_adds(&line, i ? ", " : "");
        buf_add_str(&line, rule->needs.items[i]);
    }
    paragraph(page, rule->needs.count > 0 ? buf_str(&line) : STR("no evidence"));
    for (size_t i = 0; i < rule->defs.count; i++)
        write_binding(page, rule->defs.items[i]);
    for (size_t i = 0; i < rule->let.count; i++)
        write_binding(page, &rule->let.items[i]);
}

static void
write_condition(const Page *page)
{
    const Rule *rule = page->rule;
    if (rule->when_applicable.program) {
        heading(page, "Only if");
        verbatim(page, 2, rule->when_applicable.text);
    }
    if (rule->each.count > 0) {
        heading(page, "For each");
        write_binding(page, &rule->each.items[0]);
        for (size_t i = 0; i < rule->with.count; i++)
            write_binding(page, &rule->with.items[i]);
    }
    heading(page, rule->has_cases ? "Fires with the first of these that is true" : "Fires when");
    for (size_t i = 0; i < rule->case_count; i++) {
        const RuleCase *one = &rule->cases[i];
        verbatim(page, 2, one->when.program ? str_trim(one->when.text)
                                            : STR("there is such an element"));
        CLEANUP(buf_done) Buf message = BUF_INIT(LIMIT_EXPRESSION_BYTES);
        template_text(&one->message, &message);
        if (one->has_severity)
            layout_field(&page->layout, 4, "severity",
                         str_of(SCHEMA_SEVERITIES[one->severity]));
        layout_field(&page->layout, 4, "says", buf_str(&message));
    }
    buf_adds(page->out,
             "  What is missing of the evidence makes it \"not evaluated\", never \"ok\".\n");
}

static void
write_advice(const Page *page)
{
    const Rule *rule = page->rule;
    if (rule->why.n > 0) {
        heading(page, "Why");
        paragraph(page, rule->why);
    }
    if (rule->fix_count > 0)
        heading(page, "Fix");
    for (size_t i = 0; i < rule->fix_count; i++) {
        CLEANUP(buf_done) Buf text = BUF_INIT(LIMIT_EXPRESSION_BYTES);
        template_text(&rule->fixes[i].text, &text);
        paragraph(page, buf_str(&text));
        buf_clear(&text);
        if (rule->fixes[i].has_run) {
            buf_adds(&text, "$ ");
            template_text(&rule->fixes[i].run, &text);
            verbatim(page, 4, buf_str(&text));
        }
        if (rule->fixes[i].risk.n > 0)
            layout_field(&page->layout, 4, "risk", rule->fixes[i].risk);
    }
}

static void
write_sources(const Page *page)
{
    const Rule *rule = page->rule;
    if (rule->explains.count > 0)
        heading(page, "Explains");
    for (size_t i = 0; i < rule->explains.count; i++) {
        const Rule *other = rules_find(page->set, rule->explains.items[i]);
        CLEANUP(buf_done) Buf line = BUF_INIT(LIMIT_EXPRESSION_BYTES);
        buf_add_str(&line, rule->explains.items[i]);
        buf_adds(&line, other ? "  " : "");
        buf_add_str(&line, other ? other->title : STR(""));
        paragraph(page, buf_str(&line));
    }
    if (rule->guide.count > 0 || rule->refs.count > 0)
        heading(page, "Read on");
    for (size_t i = 0; i < rule->guide.count; i++) {
        CLEANUP(buf_done) Buf address = BUF_INIT(LIMIT_EXPRESSION_BYTES);
        rule_guide_address(rule, rule->guide.items[i], &address);
        paragraph(page, buf_str(&address));
    }
    for (size_t i = 0; i < rule->refs.count; i++)
        paragraph(page, rule->refs.items[i]);
}

void
explain_rule(const RuleSet *set, const Rule *rule, unsigned width, Buf *out)
{
    Page page = {.set = set, .rule = rule, .layout = {.out = out, .width = width ? width : 80},
                 .out = out};
    write_head(&page);
    write_versions(&page);
    write_evidence(&page);
    write_condition(&page);
    write_advice(&page);
    write_sources(&page);
}
