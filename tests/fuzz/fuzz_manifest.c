/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_manifest.c -- manifest.json: what is read can be written, and reads back the same. */
#include "bundle/manifest.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static Manifest *
parse(Arena *arena, Str text)
{
    Manifest *manifest = NULL;
    Err err = {0};
    Status status = manifest_parse(arena, text, &manifest, &err);
    LAW_ERR(status, err);
    return status == ST_OK ? manifest : NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(256 << 20);
    CLEANUP(buf_done) Buf first = BUF_INIT(64 << 20);
    CLEANUP(buf_done) Buf second = BUF_INIT(64 << 20);
    Err err = {0};
    const Manifest *manifest = parse(arena, (Str){(const char *)data, size});
    if (!manifest)
        return 0;
    LAW(manifest_write(manifest, &first, &err) == ST_OK);
    const Manifest *again = parse(arena, buf_str(&first));
    LAW(again != NULL);
    LAW(manifest_write(again, &second, &err) == ST_OK);
    LAW(str_eq(buf_str(&first), buf_str(&second)));
    return 0;
}
