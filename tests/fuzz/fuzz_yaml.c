/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_yaml.c -- YAML: a tree within its limits that can be written as JSON, or a place. */
#include "base/node.h"
#include "base/yaml.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(256 << 20);
    YamlStream stream = {0};
    Err err = {0};
    Status status = yaml_parse(arena, (Str){(const char *)data, size}, "f.yaml", &stream, &err);
    LAW_ERR(status, err);
    LAW(status == ST_OK || status == ST_LIMIT || err.line > 0);
    for (size_t i = 0; status == ST_OK && i < stream.count; i++) {
        CLEANUP(buf_done) Buf out = BUF_INIT(64 << 20);
        node_write_json(stream.documents[i], 0, &out);
        LAW(out.failed == ST_OK);
    }
    return 0;
}
