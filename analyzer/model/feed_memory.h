/* SPDX-License-Identifier: Apache-2.0 */
/* feed_memory.h -- members from memory: what tests of rules are run against.
 *
 *     MemoryFeed *memory = memory_feed_new(arena);
 *     TRY(memory_feed_add(memory, STR("logs/a/b/c.log"), text, false, err));
 *     Manifest *manifest = memory_feed_manifest(memory);      // add captures to it
 *     ModelFeed feed = memory_feed(memory);
 *
 * Captures are added with manifest_add(); memory_feed_seal() then makes the manifest's
 * indexes, so that it is like one that was read.  Without memory_feed_manifest() there is
 * none. */
#ifndef MODEL_FEED_MEMORY_H
#define MODEL_FEED_MEMORY_H

#include "analyzer/model/model.h"

typedef struct MemoryFeed MemoryFeed;

MemoryFeed *memory_feed_new(Arena *arena);          /* NULL when out of memory */
/* Views: name and bytes must live as long.  cut: not all of the member came.
 * ST_EXISTS, ST_NOMEM, or why the name is refused. */
NODISCARD Status memory_feed_add(MemoryFeed *memory, Str name, Str bytes, bool cut, Err *err);
/* Hands members over in pieces of that many bytes; 0, the default: whole. */
void memory_feed_set_chunk(MemoryFeed *memory, size_t bytes);
/* The manifest, made at the first call; NULL when out of memory. */
Manifest *memory_feed_manifest(MemoryFeed *memory);
/* A capture of that kind ("k8s-list") that covers the glob; a complete one names the member
 * where glob is the name of one that was added. ST_NOMEM. */
NODISCARD Status memory_feed_capture(MemoryFeed *memory, const char *kind, Str glob,
                                     CaptureState state, CaptureClass class, Str reason,
                                     Err *err);
/* After the last capture, before model_load().  ST_NOMEM. */
NODISCARD Status memory_feed_seal(MemoryFeed *memory, Err *err);
ModelFeed memory_feed(MemoryFeed *memory);

#endif
