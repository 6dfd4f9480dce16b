/* SPDX-License-Identifier: Apache-2.0 */
/* redact_final.c -- the second pass over one member: values that are known, and pseudonyms. */
#include "collector/redact_state.h"

#include "base/cleanup.h"

struct RedactFinal {
    Redactor *redactor;
    const char *member;
    uint64_t dropped_lines;
    uint64_t total;
    ReportMember *row;     /* NULL until the first hit */
    LiteralScan literals;
    IdentityScan identity;
};

static void
on_literal(void *context, uint64_t line, size_t value_bytes)
{
    RedactFinal *final = context;
    Report *report = &final->redactor->report;
    if (!final->row)
        final->row = report_member(report, final->member);
    final->total++;
    if (report_count(report, final->row, REDACT_LITERAL))
        report_place(report, final->row,
                     &(ReportPlace){.line = line, .rule = REDACT_LITERAL, .value_bytes = value_bytes});
}

static Status
to_identity(void *context, const char *bytes, size_t n, Err *err)
{
    return identity_scan_feed(context, bytes, n, err);
}

Status
redact_final_new(Redactor *redactor, const char *member, uint64_t dropped_lines, RedactSink *sink,
                 void *context, RedactFinal **ret, Err *err)
{
    RedactFinal *final = calloc(1, sizeof *final);      /* owns its scans */
    if (!final)
        return err_nomem(err);
    final->redactor = redactor;
    final->member = member;
    final->dropped_lines = dropped_lines;
    literal_scan_init(&final->literals, redactor->literals, to_identity, &final->identity,
                      on_literal, final);
    identity_scan_init(&final->identity, redactor->pseudonyms, sink, context);
    *ret = final;
    return ST_OK;
}

Status
redact_final_feed(RedactFinal *final, const char *bytes, size_t n, Err *err)
{
    if (final->redactor->level == REDACT_LEVEL_NONE)
        return to_identity(&final->identity, bytes, n, err);
    return literal_scan_feed(&final->literals, bytes, n, err);
}

Status
redact_final_end(RedactFinal *final, Err *err)
{
    TRY(literal_scan_end(&final->literals, err));
    TRY(identity_scan_end(&final->identity, err));
    ReportMember *row =
        final->dropped_lines ? report_member(&final->redactor->report, final->member) : NULL;
    if (row)
        row->dropped_lines = final->dropped_lines;
    return ST_OK;
}

RedactFinal *
redact_final_free(RedactFinal *final)
{
    if (final) {
        literal_scan_done(&final->literals);
        identity_scan_done(&final->identity);
        free(final);
    }
    return NULL;
}

uint64_t
redact_final_hits(const RedactFinal *final)
{
    return final->total;
}

static Status
to_buf(void *context, const char *bytes, size_t n, Err *err)
{
    buf_add(context, bytes, n);
    return buf_status(context, err);
}

static Status
finish_text(Redactor *redactor, Str text, Buf *out, Err *err)
{
    LiteralScan literals;
    IdentityScan identity;
    identity_scan_init(&identity, redactor->pseudonyms, to_buf, out);
    literal_scan_init(&literals, redactor->literals, to_identity, &identity, NULL, NULL);
    Status status = literal_scan_feed(&literals, text.p, text.n, err);
    if (status == ST_OK)
        status = literal_scan_end(&literals, err);
    if (status == ST_OK)
        status = identity_scan_end(&identity, err);
    literal_scan_done(&literals);
    identity_scan_done(&identity);
    return status;
}

Status
redactor_finish_text(Redactor *redactor, Arena *arena, Str text, Str *ret, Err *err)
{
    CLEANUP(buf_done) Buf out = BUF_INIT(SIZE_MAX);
    if (redactor->level == REDACT_LEVEL_NONE) {
        *ret = text;
        return ST_OK;
    }
    TRY(finish_text(redactor, text, &out, err));
    Str copy = arena_str(arena, buf_str(&out));
    if (!copy.p)
        return err_nomem(err);
    *ret = copy;
    return ST_OK;
}
