/* SPDX-License-Identifier: Apache-2.0 */
/* kind.h -- names of members: made safe, taken apart, put together.
 *
 * A member is a file of a bundle.  Its name, here always meant below the top folder, tells
 * its kind and what it is about (kinds.def).  All names of a bundle pass
 * member_name_normalise() before anything else looks at them. */
#ifndef BUNDLE_KIND_H
#define BUNDLE_KIND_H

#include "base/arena.h"

typedef enum {
#define KIND(id, name, pattern, format, help) MEMBER_##id,
#include "bundle/kinds.def"
#undef KIND
    MEMBER_OTHER,       /* none of these: perhaps of another tool's layout */
    MEMBER_KIND_COUNT
} MemberKind;

typedef enum {
    MEMBER_FORMAT_JSON,       /* one document */
    MEMBER_FORMAT_LIST,       /* a Kubernetes List, to be split into items */
    MEMBER_FORMAT_NDJSON,     /* one document a line */
    MEMBER_FORMAT_LOG,        /* lines */
    MEMBER_FORMAT_METRICS,    /* exposition text */
    MEMBER_FORMAT_YAML,
    MEMBER_FORMAT_TEXT,
    MEMBER_FORMAT_SUFFIX,     /* in kinds.def only: decided by the end of the name */
} MemberFormat;

/* The parts of a name: views into it; fields that its kind has not are empty.
 * The core API group is the empty view here and "core" in names. */
typedef struct {
    MemberKind kind;
    Str group;
    Str plural;
    Str namespace;
    Str pod;
    Str container;
    Str component;      /* components.def */
    Str what;           /* endpoints.def */
    uint32_t port;      /* 1 to 65535 */
    uint32_t sample;    /* 1, 2 */
} MemberName;

typedef struct {
    const char *name;      /* "k8s-list" */
    const char *pattern;   /* NULL for MEMBER_OTHER */
    MemberFormat format;
    const char *help;
} MemberKindRow;

/* MEMBER_KIND_COUNT rows, indexed by MemberKind. */
extern const MemberKindRow MEMBER_KINDS[];

/* The kind of that name; MEMBER_OTHER for an unknown one. */
MemberKind member_kind_of(Str name);
const char *member_format_name(MemberFormat format);

/* Takes a normalised name apart; every name has a kind, if only MEMBER_OTHER. */
void member_name_parse(Str below_top, MemberName *ret);
/* How the member is read; never MEMBER_FORMAT_SUFFIX. */
MemberFormat member_name_format(Str below_top);

/* Makes a name of an archive or a folder safe: drops "./", doubled and final slashes.
 *   ret   a view of raw, or a copy in the arena; not empty
 * Refuses, and never repairs:
 *   ST_UNSAFE  absolute, a ".." component, empty, invalid UTF-8, control or bidi
 *              characters, backslash, drive letter, a component ending in blank or dot
 *   ST_LIMIT   longer than LIMIT_MEMBER_NAME_BYTES, a component longer than
 *              LIMIT_MEMBER_NAME_COMPONENT_BYTES, deeper than LIMIT_MEMBER_NAME_DEPTH
 *   ST_NOMEM */
NODISCARD Status member_name_normalise(Arena *arena, Str raw, Str *ret, Err *err);

/* Puts a name together from its parts: the reverse of member_name_parse().
 * ST_UNSAFE and ST_LIMIT as above, also where a part is empty or holds a slash;
 * Also ST_UNSAFE where the parts would not be read back as given; ST_USAGE for MEMBER_OTHER. */
NODISCARD Status member_name_build(Arena *arena, const MemberName *parts, Str *ret, Err *err);

/* The same, one function a kind.  group: "" for the core group. */
NODISCARD Status member_name_k8s_list(Arena *arena, Str group, Str plural, Str *ret, Err *err);
NODISCARD Status member_name_log(Arena *arena, Str namespace, Str pod, Str container,
                                 bool previous, Str *ret, Err *err);
NODISCARD Status member_name_metrics(Arena *arena, Str component, Str namespace, Str pod,
                                     uint32_t port, uint32_t sample, Str *ret, Err *err);
NODISCARD Status member_name_http(Arena *arena, Str component, Str namespace, Str pod,
                                  Str what, Str *ret, Err *err);
NODISCARD Status member_name_exec(Arena *arena, Str namespace, Str pod, Str container,
                                  Str what, Str *ret, Err *err);
NODISCARD Status member_name_host(Arena *arena, Str what, Str *ret, Err *err);
/* The kinds without fields: "kubernetes/version.json", "manifest.json" …; the empty view
 * for a kind that has fields. */
Str member_name_fixed(MemberKind kind);

#endif
