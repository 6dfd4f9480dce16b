/* SPDX-License-Identifier: Apache-2.0 */
/* redact.h -- the one place that every collected byte passes on its way to the bundle.
 *
 * Structure first: a JSON document is read as spans, and what a Secret, a variable or a key
 * named like a secret holds is replaced, also inside JSON that stands in a string.  Then a
 * scanner goes over the whole text, so that a log line is treated like a document.  All
 * other bytes stay as they were served.  A secret that is split over two chunks is found.
 *
 *     RedactStream *stream = NULL;
 *     TRY(redact_stream_new(redactor, "logs/a/b/c.log", REDACT_TEXT, sink, file, &stream, err));
 *     TRY(redact_stream_feed(stream, bytes, n, err)); ...
 *     TRY(redact_stream_end(stream, err));
 *
 * One thread at a time.  Memory: at most LIMIT_REDACT_BYTES a stream. */
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
    REDACT_LEVEL_NONE,
} RedactLevel;

typedef enum {
    REDACT_TEXT,         /* logs, metrics, output of commands */
    REDACT_JSON,         /* one document; what does not parse is taken as text */
} RedactForm;

typedef struct Redactor Redactor;
typedef struct RedactStream RedactStream;
typedef Status RedactSink(void *context, const char *bytes, size_t n, Err *err);

Redactor *redactor_new(RedactLevel level);          /* NULL when out of memory */
Redactor *redactor_free(Redactor *redactor);
void cleanup_redactor(Redactor **redactor);
uint64_t redactor_total(const Redactor *redactor);

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

/* One JSON line a member and rule: {"member","rule","count"}, in order of the members'
 * first hit. */
void redactor_report(const Redactor *redactor, Buf *out);

const char *redact_placeholder(RedactRule rule);    /* "<redacted:jwt>" */

#endif
