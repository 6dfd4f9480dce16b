/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_wire.c -- what a worker that was taken over may answer: verdicts and coverage. */
#include "analyzer/rule/verdict_wire.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static RuleSet *set;
    static Arena *kept;
    CLEANUP(cleanup_arena) Arena *arena = arena_new(256 << 20);
    Str payload = {(const char *)data, size};
    Err err = {0};
    if (!set) {
        kept = arena_new(SIZE_MAX);
        set = rules_new(kept);
        LAW(rules_load_text(set, NULL, "r.yaml",
                            STR("language: 1\nrules:\n- {id: OWN-101, title: t, severity: info, "
                                "message: m, when: 'true'}\n"), &err) == ST_OK);
        LAW(rules_finish(set, &err) == ST_OK && set->rules.count == 1);
    }
    VerdictList verdicts = {0};
    Status status = verdicts_take(payload, set, arena, &verdicts, &err);
    LAW_ERR(status, err);
    for (size_t i = 0; status == ST_OK && i < verdicts.count; i++) {
        const Verdict *verdict = &verdicts.items[i];
        LAW(verdict->rule == 0 && verdict->kind < VERDICT_KIND_COUNT &&
            verdict->severity < SEVERITY_COUNT && verdict->confidence < CONFIDENCE_COUNT);
        CLEANUP(buf_done) Buf out = BUF_INIT(16 << 20);
        verdict_put(&out, verdict);
        LAW(out.failed == ST_OK);
    }
    CoverageList coverage = {0};
    err = (Err){0};
    status = coverage_take(payload, arena, &coverage, &err);
    LAW_ERR(status, err);
    return 0;
}
