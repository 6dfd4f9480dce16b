/* SPDX-License-Identifier: Apache-2.0 */
/* redact.h -- the one place that every collected byte passes on its way to the bundle.
 *
 * First pass, while bytes arrive.  Structure first: a document is read as spans, and what a
 * Secret, a variable or a key named like a secret holds is replaced, also inside documents
 * that stand in a string, and in base64.  Then a scanner goes over the whole text, so that a
 * log line is treated like a document.  All other bytes stay as they were served.
 *
 *     RedactStream *stream = NULL;
 *     TRY(redact_stream_new(redactor, "logs/a/b/c.log", REDACT_TEXT, sink, file, &stream, err));
 *     TRY(redact_stream_feed(stream, bytes, n, err)); ...
 *     TRY(redact_stream_end(stream, err));
 *
 * Second pass, when all is there and every secret was seen: redactor_seal(), then each member
 * goes through a RedactFinal, which removes the values that were found anywhere else, in any
 * encoding, and at the level "identity" gives pseudonyms.
 *
 * How the bytes are cut into pieces decides nothing.  One thread at a time.  Memory: at most
 * LIMIT_REDACT_BYTES a stream, and that of the secret book. */
#ifndef COLLECTOR_REDACT_H
#define COLLECTOR_REDACT_H

#include "base/arena.h"
#include "base/buf.h"

typedef enum {
#define REDACT(name, placeholder, where, sample, secret) REDACT_##name,
#include "collector/redact.def"
#undef REDACT
    REDACT_COUNT
} RedactRule;

typedef enum {
    REDACT_LEVEL_SECRETS,
    REDACT_LEVEL_IDENTITY,
    REDACT_LEVEL_NONE,
} RedactLevel;

typedef enum {
    REDACT_TEXT,         /* logs, metrics, output of commands */
    REDACT_JSON,         /* one document, JSON or YAML; what does not parse is taken as text */
} RedactForm;

typedef struct Redactor Redactor;
typedef struct RedactStream RedactStream;
typedef Status RedactSink(void *context, const char *bytes, size_t n, Err *err);

/* pseudonym_key: for REDACT_LEVEL_IDENTITY; empty: a random one.  NULL when out of memory. */
Redactor *redactor_new(RedactLevel level, Str pseudonym_key);
Redactor *redactor_free(Redactor *redactor);
void cleanup_redactor(Redactor **redactor);
uint64_t redactor_total(const Redactor *redactor);
RedactLevel redactor_level(const Redactor *redactor);
const char *redact_level_name(RedactLevel level);

/* A value that is secret although no member said so: credentials in use. */
void redactor_add_known(Redactor *redactor, Str value);
/* The text without secrets that show; for reasons and lines of the log.  In the arena. */
Str redactor_clean(Redactor *redactor, Arena *arena, Str text);

/* member must live as long as the redactor: it names the stream in the report. */
NODISCARD Status redact_stream_new(Redactor *redactor, const char *member, RedactForm form,
                                   RedactSink *sink, void *context, RedactStream **ret, Err *err);
NODISCARD Status redact_stream_feed(RedactStream *stream, const char *bytes, size_t n, Err *err);
NODISCARD Status redact_stream_end(RedactStream *stream, Err *err);
RedactStream *redact_stream_free(RedactStream *stream);   /* NULL in, NULL out */
uint64_t redact_stream_hits(const RedactStream *stream);

/* One object of a List, passed on at once between the bytes that were fed.  plural: its
 * resource, as "secrets"; NULL unknown. */
NODISCARD Status redact_stream_item(RedactStream *stream, Str item, const char *plural, Err *err);

/* Everything was seen.  ST_NOMEM. */
NODISCARD Status redactor_seal(Redactor *redactor, Err *err);
/* The values that are looked for; NULL before redactor_seal(). */
struct LiteralSet;
const struct LiteralSet *redactor_literals(const Redactor *redactor);

typedef struct RedactFinal RedactFinal;
/* dropped_lines: of the beginning of the member, since it went through its stream. */
NODISCARD Status redact_final_new(Redactor *redactor, const char *member, uint64_t dropped_lines,
                                  RedactSink *sink, void *context, RedactFinal **ret, Err *err);
NODISCARD Status redact_final_feed(RedactFinal *final, const char *bytes, size_t n, Err *err);
NODISCARD Status redact_final_end(RedactFinal *final, Err *err);
RedactFinal *redact_final_free(RedactFinal *final);       /* NULL in, NULL out */
uint64_t redact_final_hits(const RedactFinal *final);
/* A short text, as a name or the manifest, through the second pass; in the arena. */
NODISCARD Status redactor_finish_text(Redactor *redactor, Arena *arena, Str text, Str *ret, Err *err);

/* JSON lines: what was replaced where, never what it was (docs/bundle-format.md). */
void redactor_report(const Redactor *redactor, Buf *out);

const char *redact_placeholder(RedactRule rule);    /* "<redacted:jwt>" */
const char *redact_rule_name(RedactRule rule);      /* "jwt" */

#endif
