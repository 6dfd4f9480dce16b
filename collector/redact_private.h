/* SPDX-License-Identifier: Apache-2.0 */
/* redact_private.h -- what the parts of the redactor owe each other.
 *
 * redact_content.c decides what a text is and goes inside: JSON and YAML (redact_tree.c),
 * base64 and gzip.  redact_text.c goes over the bytes of a text, and redact_find.c knows the
 * shapes of secrets. */
#ifndef COLLECTOR_REDACT_PRIVATE_H
#define COLLECTOR_REDACT_PRIVATE_H

#include "collector/redact.h"
#include "collector/redact_key.h"
#include "collector/secret_book.h"
#include "collector/span.h"

/* Where in a document, from the inside out. */
typedef struct RedactSpot RedactSpot;
struct RedactSpot {
    const SpanTree *tree;
    uint32_t span;
    const RedactSpot *outer;     /* the string that the tree was parsed from; NULL: the document */
};

/* One secret that is replaced. */
typedef struct {
    RedactRule rule;
    SecretOrigin origin;
    Str value;                   /* what goes; until the call returns */
    const RedactSpot *spot;      /* NULL: a place in a text, the end of what was written so far */
} RedactHit;
typedef void RedactHitFn(void *context, const RedactHit *hit);

/* What a walk over one document shares.  Strings that it decodes are in the arena. */
typedef struct {
    Arena *arena;
    RedactHitFn *on_hit;
    void *context;
    const struct Pseudonyms *pseudonyms;     /* NULL: identities stay */
    unsigned depth;                          /* text in text in text */
    bool parsed;                             /* what stands in brackets was looked at before */
    /* Whether base64 of gzip may stay, whose content went through redaction.  NULL: never. */
    bool (*keep_packed)(void *context, Str text);
} RedactWalk;

/* Appends the text to out as it may leave: by its structure where it has one, and by shape.
 * plural: the resource of an object, as "secrets"; NULL unknown.  True where it changed.
 * False with *ret_status other than ST_OK: ST_NOMEM. */
bool redact_content(const RedactWalk *walk, Str text, const char *plural, const RedactSpot *spot,
                    Buf *out, Status *ret_status);

/* Appends what gzip holds; false where that is not all of it, or too much. */
bool redact_gunzip(Str packed, Buf *out);
/* What is packed, and the base64 of it: appended to out as it is, or packed again without its
 * secrets, or, where nobody can look into it, as a placeholder.  True where it changed. */
bool redact_packed(const RedactWalk *walk, Str text, Str packed, const RedactSpot *spot, Buf *out);

/* By structure alone: the tree's text with its edits.  As redact_content. */
bool redact_tree(const RedactWalk *walk, const SpanTree *tree, const char *plural,
                 const RedactSpot *spot, Buf *out, Status *ret_status);

/* The scanner over text, between windows. */
typedef struct {
    const RedactWalk *walk;
    size_t before;            /* of the next window: bytes at its start that are done */
    KeyState key;             /* the private key that is open */
    size_t public_end;        /* of the certificate that is open, in the next window */
    const bool *swallow;      /* the rest of a secret: bytes of this set are dropped */
    const RedactSpot *spot;   /* of all hits */
} RedactTextState;

enum {
    REDACT_WINDOW_BYTES = 256 << 10,     /* a window that is not the last one has as many */
    REDACT_CONTEXT_BYTES = 4 << 10,      /* before a place, that may decide about it */
    REDACT_AHEAD_BYTES = 8 << 10,        /* behind it */
    REDACT_DEPTH_MAX = 6,                /* JSON in base64 in YAML in JSON ... */
};

/* Scans window from state->before on and appends the result to out.  Unless final, it stops
 * REDACT_AHEAD_BYTES before the end.  Afterwards the first *ret_used bytes of the window are
 * to be dropped, and state->before tells what is left of those that are done.  Where windows
 * are cut decides nothing, so that what comes out depends on the text alone. */
void redact_text(RedactTextState *state, Str window, bool final, Buf *out, size_t *ret_used);
/* The same for a whole text: true where it changed. */
bool redact_whole_text(const RedactWalk *walk, Str text, const RedactSpot *spot, Buf *out);

#endif
