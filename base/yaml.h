/* SPDX-License-Identifier: Apache-2.0 */
/* yaml.h -- YAML text to Node trees, for configuration, rules and documents in bundles.
 *
 * libyaml is used for its events alone, behind guards: no aliases, no anchors, no tags but
 * the core ones, no directives but %YAML 1.x, no merge keys, no duplicate keys, depth at
 * most 100, and at most LIMIT_YAML_BYTES of text.  Plain scalars are typed by the YAML 1.2
 * JSON schema as Kubernetes does (true, false, null, ~, numbers); "no", "on" and 0o7-like
 * words stay strings.  Keys are strings. */
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

#endif
