/* SPDX-License-Identifier: Apache-2.0 */
/* cel_support.h -- evaluates expressions over named values, for the tests of CEL. */
#ifndef TESTS_UNIT_CEL_SUPPORT_H
#define TESTS_UNIT_CEL_SUPPORT_H

#include "analyzer/query/cel.h"
#include "tests/unit/runner.h"

typedef struct {
    const char *name;
    Value value;
} CelBinding;

/* Ends with a binding without a name. */
static Value
cel_find_binding(void *context, Str name, bool *ret_found)
{
    for (const CelBinding *b = context; b && b->name; b++) {
        if (str_is(name, b->name)) {
            *ret_found = true;
            return b->value;
        }
    }
    *ret_found = false;
    return value_null();
}

static const CelProgram *
cel_compiled(Arena *arena, const char *text)
{
    const CelProgram *program = NULL;
    Err err = {0};
    Status status = cel_compile(arena, str_of(text), NULL, &program, &err);
    ck_assert_msg(status == ST_OK, "%s: %s", text, err.text);
    return program;
}

static inline Value
cel_value(Arena *arena, const char *text, CelBinding *bindings)
{
    CelEval eval = {.arena = arena, .lookup = cel_find_binding, .context = bindings};
    return cel_eval(cel_compiled(arena, text), &eval);
}

/* "error: TEXT", "unknown: EVIDENCE, EVIDENCE", "TEXT" of others, with "..." where a list is
 * incomplete. */
static inline const char *
cel_shown(Arena *arena, Value v)
{
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
    if (v.type == VALUE_ERROR) {
        buf_adds(&out, "error: ");
        buf_add_str(&out, v.error->text);
    } else if (v.type == VALUE_UNKNOWN) {
        buf_adds(&out, "unknown:");
        for (const Gap *gap = v.gap; gap; gap = gap->next) {
            buf_adds(&out, " ");
            buf_add_str(&out, gap->evidence);
        }
    } else if (v.type == VALUE_OPTIONAL && !v.inner) {
        buf_adds(&out, "none");
    } else {
        value_write_text(v, &out);
    }
    return arena_cstr(arena, buf_str(&out));
}

#endif
