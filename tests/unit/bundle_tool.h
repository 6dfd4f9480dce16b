/* SPDX-License-Identifier: Apache-2.0 */
/* bundle_tool.h -- bundles made and read in memory files, for the tests of bundle/. */
#ifndef TESTS_UNIT_BUNDLE_TOOL_H
#define TESTS_UNIT_BUNDLE_TOOL_H

#include "base/buf.h"
#include "bundle/reader.h"
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

/* A sound bundle of count members with these contents, and its manifest. */
typedef struct {
    const char *name;
    Str bytes;
} ToolContent;
void tool_bundle(const ToolContent *contents, size_t count, Buf *out);

/* The index of a bundle, and the bundle with another one in its place. */
Str tool_index(Arena *arena, Str bundle);
void tool_with_index(Str bundle, Str json, Buf *out);
/* s with each occurrence of one text replaced by another; fails where there is none. */
Str tool_replace(Arena *arena, Str s, const char *from, const char *to);

/* Appends a tar entry of any type ('0' file, '1' hard link, '2' symlink, …). */
void tool_tar(Buf *tar, const char *name, char type, const char *link, Str bytes);
void tool_tar_end(Buf *tar);
/* One gzip member. */
void tool_gzip(Str bytes, Buf *out);
/* Unpacks gzip members, one behind the other; how many, 0 where one is damaged. */
size_t tool_unpack(Str file, Buf *out);

/* What a scan delivered. */
typedef struct {
    Str name;
    Str bytes;
    MemberEnd how;
} ToolRead;
typedef struct {
    Arena *arena;
    VEC(ToolRead) members;
    Buf bytes;                   /* of the open member */
    const char *only;            /* want just this one */
    size_t stop_after;           /* ST_END from data() after so many bytes; 0: never */
    Status fail;                 /* from data() */
} ToolScan;
void tool_scan_init(ToolScan *scan, Arena *arena);
void tool_scan_done(ToolScan *scan);
BundleVisitor tool_visitor(ToolScan *scan);
/* The member of that name, or NULL. */
const ToolRead *tool_read(const ToolScan *scan, const char *name);
bool tool_has_problem(const Bundle *bundle, ProblemKind kind, const char *member);

#endif
