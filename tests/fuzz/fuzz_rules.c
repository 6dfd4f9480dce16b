/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_rules.c -- rule files: loaded, linted and explained, or told line by line. */
#include "analyzer/rule/rule.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(512 << 20);
    RuleSet *set = rules_new(arena);
    Err err = {0};
    LAW(set != NULL);
    Status status = rules_load_text(set, NULL, "f.yaml", (Str){(const char *)data, size}, &err);
    LAW_ERR(status, err);
    if (status == ST_OK)
        status = rules_finish(set, &err);
    if (status == ST_OK)
        status = rules_lint(set, &err);
    LAW_ERR(status, err);
    if (status == ST_OK)
        rules_lint_strict(set);
    for (size_t i = 0; status == ST_OK && i < set->diagnostics.items.count; i++) {
        CLEANUP(buf_done) Buf out = BUF_INIT(16 << 20);
        diagnostic_write(&set->diagnostics, &set->diagnostics.items.items[i], false, &out);
        LAW(out.failed == ST_OK);
    }
    return 0;
}
