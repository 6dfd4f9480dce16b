/* SPDX-License-Identifier: Apache-2.0 */
/* redact_state.h -- what the redactor's streams write to.  Private to redact*.c. */
#ifndef COLLECTOR_REDACT_STATE_H
#define COLLECTOR_REDACT_STATE_H

#include "collector/identity.h"
#include "collector/literal.h"
#include "collector/redact.h"
#include "collector/redact_report.h"

struct Redactor {
    RedactLevel level;
    Arena *arena;          /* of the report */
    Arena *scratch;        /* of one document */
    SecretBook *book;
    LiteralSet *literals;  /* NULL until the first pass is over */
    Pseudonyms *pseudonyms;
    Report report;
    Buf packed;            /* base64 of gzip that may stay, one a line, for a second look */
};

#endif
