/* SPDX-License-Identifier: Apache-2.0 */
/* bundle_tool.h -- bundles made and read in memory files, for the tests of bundle/. */
#ifndef TESTS_UNIT_BUNDLE_TOOL_H
#define TESTS_UNIT_BUNDLE_TOOL_H

#include "base/buf.h"
#include "bundle/writer.h"

/* An unnamed file in memory; closed by the caller. */
int tool_memory_file(void);
/* All bytes of the file. */
void tool_contents(int fd, Buf *out);
/* A memory file with these bytes, positioned at its start. */
int tool_file_of(Str bytes);

/* n bytes of text in lines, the same for the same seed; compresses like a log. */
void tool_text(Buf *out, size_t n, unsigned seed);
/* A pseudo-random number below limit. */
unsigned tool_random(unsigned *seed, unsigned limit);

/* Writes one member, in pieces of piece bytes (0: one piece). */
void tool_write(Writer *writer, const char *name, Str bytes, uint64_t size, size_t piece);
/* A manifest with a capture for each member; ends the bundle with it. */
typedef struct {
    const char *name;
    WriterMember written;
} ToolMember;
void tool_manifest(const ToolMember *members, size_t count, Buf *out);

#endif
