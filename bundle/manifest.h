/* SPDX-License-Identifier: Apache-2.0 */
/* manifest.h -- manifest.json: what was asked of the cluster and what became of it.
 *
 * Without it, absence of evidence could pass for evidence of absence.  Every capture names
 * what it covers even where it brought nothing, so a reader can tell "none exist" from
 * "could not be read".  All of a Manifest is plain data in its arena.  The format is
 * described by docs/manifest.schema.json; its name is "meshcase/1". */
#ifndef BUNDLE_MANIFEST_H
#define BUNDLE_MANIFEST_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/map.h"

#define MANIFEST_FORMAT "meshcase/1"

typedef enum {
    CAPTURE_COMPLETE,    /* "complete": all that there was to get */
    CAPTURE_PARTIAL,     /* "partial": something, not all */
    CAPTURE_FAILED,      /* "failed": asked, nothing usable */
    CAPTURE_SKIPPED,     /* "skipped": not asked */
    CAPTURE_STATE_COUNT
} CaptureState;

typedef enum {
#define CLASS(id, name, help) CAPTURE_CLASS_##id,
#include "bundle/classes.def"
#undef CLASS
    CAPTURE_CLASS_COUNT
} CaptureClass;

/* Where a text was cut.  SINCE is by request: complete for its window. */
typedef enum {
    TRUNCATED_NO,        /* key absent */
    TRUNCATED_SINCE,     /* "since": begins at the window's start */
    TRUNCATED_TAIL,      /* "tail": only the last lines */
    TRUNCATED_BYTES,     /* "bytes": over the size limit */
    TRUNCATED_BROKEN,    /* "broken": the transfer broke off */
    TRUNCATED_COUNT
} Truncated;

typedef struct {
    Str key;
    Str value;
} ManifestPair;

typedef struct {
    Str name;            /* below the top folder */
    uint64_t bytes;
    Digest sha256;
} CaptureMember;

typedef struct {
    Str id;              /* unique; the member's name where there is just one */
    Str kind;            /* MEMBER_KINDS[].name of what it captures */
    struct {
        Str verb;        /* "get", "list", "log", "exec", "measure", "read" …; not empty */
        Str path;        /* URL path or file; empty where there is none */
        const Str *argv; /* of a command */
        size_t argv_count;
    } source;
    /* Globs below the top folder ("logs/istio-system" "/" "*" "/mixer.log", '*' stops at a
     * slash, "**" does not): where complete, no member of theirs is missing.  A capture
     * that enumerates (all pods of a component) covers the members of its parts.  Never
     * empty after manifest_parse(): [id] stands where the text has none. */
    const Str *covers;
    size_t cover_count;
    const CaptureMember *members;
    size_t member_count;
    CaptureState state;
    CaptureClass class;  /* NONE where and only where complete */
    Str reason;          /* one sentence; empty where complete */
    int http_status;     /* 0: none */
    int exit_code;       /* -1: none */
    Str stderr_line;     /* last line, redacted; key "stderr" */
    int64_t started_at_ns;
    int64_t duration_ms;
    Truncated truncated;
    uint64_t redactions; /* replacements made in its members */
} Capture;

typedef struct {
    Arena *arena;
    Str tool_name;       /* "meshcase-collect" */
    Str tool_version;
    int64_t started_at_ns;
    int64_t ended_at_ns;
    VEC(ManifestPair) cluster;   /* "context", "server_version", "istio_namespace", "nodes" … */
    VEC(ManifestPair) options;   /* as given: "since": "24h", "namespace": "a,b" */
    VEC(Capture) captures;
    Map by_id;           /* Str -> Capture *, filled by manifest_parse() */
    Map by_member;       /* Str -> Capture *, the first that names it */
} Manifest;

const char *capture_state_name(CaptureState state);
const char *capture_class_name(CaptureClass class);
const char *capture_class_help(CaptureClass class);
const char *truncated_name(Truncated truncated);
/* The class of an HTTP status that is no success: 403 FORBIDDEN, 503 SERVER_ERROR … */
CaptureClass capture_class_of_http(int status);

/* An empty one; NULL when out of memory. */
Manifest *manifest_new(Arena *arena);
/* A new capture, cleared but for exit_code -1; NULL when out of memory.  Valid until the
 * next one is added. */
Capture *manifest_add(Manifest *manifest);

/* Reads a manifest strictly: unknown keys, duplicate keys, ids and members, wrong types,
 * a class that does not go with the state are errors.  json need not outlive the call.
 * ST_FORMAT (with line where it is syntax), ST_LIMIT (depth, size, counts),
 * ST_UNSUPPORTED (a later format), ST_NOMEM. */
NODISCARD Status manifest_parse(Arena *arena, Str json, Manifest **ret, Err *err);
/* Appends the JSON text, one capture a line, the same bytes for the same manifest.
 * ST_USAGE where manifest_parse() would refuse it, ST_NOMEM, ST_LIMIT. */
NODISCARD Status manifest_write(const Manifest *manifest, Buf *out, Err *err);

/* The capture that names the member, or NULL. */
const Capture *manifest_capture_of(const Manifest *manifest, Str member);
/* Calls visit for every capture that covers the member name (a name, not a glob), in
 * order, until it returns false. */
void manifest_covering(const Manifest *manifest, Str name,
                       bool (*visit)(void *context, const Capture *capture), void *context);
/* The value of a pair, or the empty view. */
Str manifest_cluster(const Manifest *manifest, const char *key);
Str manifest_option(const Manifest *manifest, const char *key);

#endif
