/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_index.c -- stargz.index.json: nothing that cannot be true is taken. */
#include "bundle/index_in.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { INDEX_AT = 1 << 20 };
    CLEANUP(cleanup_arena) Arena *arena = arena_new(256 << 20);
    Index *index = NULL;
    Err err = {0};
    Status status = index_parse(arena, (Str){(const char *)data, size}, INDEX_AT, &index, &err);
    LAW_ERR(status, err);
    if (status != ST_OK)
        return 0;
    uint64_t end = 0;
    for (size_t i = 0; i < index->places.count; i++) {
        const IndexPlace *place = &index->places.items[i];
        LAW(place->offset >= end && place->end > place->offset && place->end <= INDEX_AT);
        LAW(place->needed_bytes <= INDEX_PART_MAX_BYTES);
        end = place->offset;
    }
    for (size_t i = 0; i < index->files.count; i++) {
        const IndexFile *file = &index->files.items[i];
        uint64_t bytes = 0;
        LAW(file->first_part + file->part_count <= index->parts.count);
        for (size_t p = 0; p < file->part_count; p++) {
            const IndexPart *part = &index->parts.items[file->first_part + p];
            LAW(part->place < index->places.count);
            LAW(part->inner_offset + part->bytes <= index->places.items[part->place].needed_bytes);
            bytes += part->bytes;
        }
        LAW(file->type != INDEX_FILE || bytes == file->bytes);
    }
    return 0;
}
