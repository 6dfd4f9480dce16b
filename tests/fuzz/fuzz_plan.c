/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_plan.c -- collection plans: read and printed, or refused with a place. */
#include "collector/plan.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(256 << 20);
    Plan *plan = NULL;
    Err err = {0};
    Status status = plan_parse(arena, (Str){(const char *)data, size}, "p.yaml", &plan, &err);
    LAW_ERR(status, err);
    if (status == ST_OK) {
        CLEANUP(buf_done) Buf out = BUF_INIT(64 << 20);
        plan_print(plan, &out);
        LAW(out.failed == ST_OK);
    }
    return 0;
}
