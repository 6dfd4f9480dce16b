/* SPDX-License-Identifier: Apache-2.0 */
/* yaml.h -- YAML text to Node trees, for configuration, rules and documents in bundles.
 *
 * libyaml is used for its events alone, behind guards: no aliases, no anchors, no tags but
 * the core ones (!!str, !!int, !!float, !!bool, !!null, !!map, !!seq and !), no directives but
 * %YAML 1.x, no merge keys, no duplicate keys, no keys that are lists or maps, depth at
 * most LIMIT_YAML_DEPTH, and at most LIMIT_YAML_BYTES of text.  No other line
 * may begin with '%'.
 *
 * Plain scalars are typed as JSON is, as Kubernetes reads them: true, false, null (also True
 * and TRUE, …), ~ and nothing, and JSON's numbers; integers outside int64 become doubles, a
 * number that no double holds is an error.  Whatever else YAML 1.1 took for a value (no, on,
 * 0o7, 007, 0x1f, +1, .inf, 12:30, dates) is a string.  Keys are strings, as written: 1 is
 * "1".  A UTF-8 byte order mark at the start is skipped. */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include "base/node.h"

typedef struct {
    const Node *const *documents;
    size_t count;
} YamlStream;

/* text     need not outlive the call: strings are copied into the arena
 * file     for errors; may be NULL
 * ret      documents in order; an empty stream has none; an empty document is a null node
 * Returns ST_FORMAT with line and column, ST_LIMIT (depth, size, documents), ST_NOMEM. */
NODISCARD Status yaml_parse(Arena *arena, Str text, const char *file, YamlStream *ret, Err *err);
/* The same for exactly one document; ST_FORMAT where there are none or several. */
NODISCARD Status yaml_parse_one(Arena *arena, Str text, const char *file, const Node **ret,
                                Err *err);

/* Who wants to hear of every duplicate key, not of the first alone: the tree then holds them
 * all, and node_get() finds the first. */
typedef struct {
    void (*report)(void *context, unsigned line, unsigned column, const char *message);
    void *context;
} YamlDuplicates;

/* yaml_parse_one() for files that people write: duplicates are reported and do not fail. */
NODISCARD Status yaml_parse_noting(Arena *arena, Str text, const char *file,
                                   const YamlDuplicates *duplicates, const Node **ret, Err *err);

#endif
