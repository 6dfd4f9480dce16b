/* SPDX-License-Identifier: Apache-2.0 */
/* trace.h -- how a rule came to its verdicts, written down as it happens. */
#ifndef RULE_TRACE_H
#define RULE_TRACE_H

#include "analyzer/rule/scope.h"

enum { TRACE_BYTES = 4 << 20 };

/* out gets the text; beyond TRACE_BYTES nothing is added and is_cut is set. */
typedef struct {
    Buf *out;
    bool is_cut;
    Trace hooks;
} TraceText;

/* Ready to be given to rules_evaluate(). */
void trace_init(TraceText *trace, Buf *out);
/* Appends a value as far as a line holds it, with where it comes from. */
void trace_value(Value value, Buf *out);

#endif
