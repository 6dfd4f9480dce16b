/* SPDX-License-Identifier: Apache-2.0 */
/* trace.c -- how a rule came to its verdicts. */
#include "analyzer/rule/trace.h"

#include "analyzer/rule/cel_scan.h"
#include "base/limits.h"
#include "base/utf8.h"

enum { SHOWN_BYTES = 160, MAX_INDENT = 24 };

static void
write_shown(Str text, Buf *out)
{
    Str shown = str_head(text, SHOWN_BYTES);
    /* Not in the middle of a character. */
    while (shown.n < text.n && shown.n > 0 && ((unsigned char)text.p[shown.n] & 0xc0) == 0x80)
        shown.n--;
    utf8_escape_terminal(out, shown, false);
    if (shown.n < text.n)
        buf_adds(out, " ...");
}

static void
write_origin(const Origin *origin, Buf *out)
{
    if (!origin || origin->member.n == 0)
        return;
    buf_adds(out, "   [");
    utf8_escape_terminal(out, origin->member, false);
    if (origin->line > 0)
        buf_printf(out, ":%u", origin->line);
    if (origin->pointer.n > 0) {
        buf_addc(out, ' ');
        utf8_escape_terminal(out, origin->pointer, false);
    }
    buf_addc(out, ']');
}

void
trace_value(Value value, Buf *out)
{
    if (value.type == VALUE_UNKNOWN) {
        buf_adds(out, "unknown");
        for (const Gap *gap = value.gap; gap; gap = gap->next) {
            buf_adds(out, gap == value.gap ? ": " : "; ");
            utf8_escape_terminal(out, gap->evidence, false);
            buf_addc(out, ' ');
            utf8_escape_terminal(out, gap->reason, false);
        }
        return;
    }
    if (value.type == VALUE_ERROR) {
        buf_adds(out, "error: ");
        utf8_escape_terminal(out, value.error->text, false);
        return;
    }
    CLEANUP(buf_done) Buf text = BUF_INIT(LIMIT_CEL_BYTES);
    value_write_json(value, &text);
    write_shown(buf_str(&text), out);
    if (value.type == VALUE_LIST)
        buf_printf(out, "   (%zu%s)", value_count(value),
                   value_is_incomplete(value) ? ", incomplete" : "");
    write_origin(value.origin, out);
}

static bool
is_open(TraceText *trace)
{
    if (trace->out->n < TRACE_BYTES)
        return true;
    if (!trace->is_cut)
        buf_adds(trace->out, "    (the trace is cut here)\n");
    trace->is_cut = true;
    return false;
}

/* One number, string or word of the language says nothing by being itself. */
static bool
is_literal(Str text)
{
    CelToken token;
    size_t at = 0;
    if (!cel_token_next(text, &at, &token) || cel_token_next(text, &at, &(CelToken){0}))
        return false;
    return token.type == CEL_TOKEN_NUMBER || token.type == CEL_TOKEN_STRING ||
           str_is(token.text, "true") || str_is(token.text, "false") ||
           str_is(token.text, "null");
}

static void
note_part(void *context, const CelProgram *program, uint32_t start, uint32_t end, unsigned depth,
          Value value)
{
    TraceText *trace = context;
    if (!is_open(trace))
        return;
    Str text = cel_text(program);
    size_t from = text.n;
    size_t to = text.n;
    (void)utf8_offset(text, start, &from);
    (void)utf8_offset(text, end, &to);
    if (is_literal(str_sub(text, from, to > from ? to - from : 0)))
        return;
    for (unsigned i = 0; i < 4 + (depth < MAX_INDENT ? depth : MAX_INDENT); i++)
        buf_addc(trace->out, ' ');
    write_shown(str_sub(text, from, to > from ? to - from : 0), trace->out);
    buf_adds(trace->out, " -> ");
    trace_value(value, trace->out);
    buf_addc(trace->out, '\n');
}

static void
note_name(void *context, const Binding *binding, Value value)
{
    TraceText *trace = context;
    if (!is_open(trace))
        return;
    buf_adds(trace->out, "  ");
    buf_add_str(trace->out, binding->name);
    buf_adds(trace->out, " = ");
    trace_value(value, trace->out);
    buf_addc(trace->out, '\n');
}

static void
note_expression(void *context, const Expression *expression, Value value)
{
    TraceText *trace = context;
    if (!is_open(trace))
        return;
    buf_adds(trace->out, "  => ");
    write_shown(str_trim(expression->text), trace->out);
    buf_adds(trace->out, " is ");
    trace_value(value, trace->out);
    buf_addc(trace->out, '\n');
}

static void
note_element(void *context, size_t index, Value element)
{
    TraceText *trace = context;
    if (!is_open(trace))
        return;
    buf_printf(trace->out, "element %zu: ", index);
    trace_value(element, trace->out);
    buf_addc(trace->out, '\n');
}

void
trace_init(TraceText *trace, Buf *out)
{
    *trace = (TraceText){.out = out};
    trace->hooks = (Trace){.part = note_part, .name = note_name, .expression = note_expression,
                           .element = note_element, .context = trace};
}
