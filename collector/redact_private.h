/* SPDX-License-Identifier: Apache-2.0 */
/* redact_private.h -- what the parts of the redactor owe each other. */
#ifndef COLLECTOR_REDACT_PRIVATE_H
#define COLLECTOR_REDACT_PRIVATE_H

#include "collector/redact.h"

/* Called for every secret that is replaced. */
typedef void RedactHitFn(void *context, RedactRule rule);

/* Replaces by structure: appends the text, with edits, to out.  ST_FORMAT or ST_LIMIT where
 * it is no JSON that can be read; then out is as before. */
NODISCARD Status redact_json(Arena *scratch, Str text, const char *plural, RedactHitFn *on_hit,
                             void *context, Buf *out, Err *err);

/* The scanner over text.  A state between chunks; see redact_text.c. */
typedef struct {
    bool in_key;              /* between BEGIN and END of a private key */
    const bool *swallow;      /* the rest of a secret: bytes of this set are dropped */
    unsigned key_bytes;       /* dropped since BEGIN */
} RedactTextState;

/* Scans window and appends the result to out.  Unless final, it stops where a secret might
 * go on behind the window; *ret_used tells how many bytes are done. */
void redact_text(RedactTextState *state, Str window, bool final, RedactHitFn *on_hit,
                 void *context, Buf *out, size_t *ret_used);

#endif
