/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_cel.c -- CEL: compiles or says where not; evaluates within its limits, twice alike. */
#include "analyzer/query/cel.h"
#include "analyzer/query/value_text.h"
#include "base/yaml.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

/* Every variable is a small document, complete or a hole. */
static Value
lookup(void *context, Str name, bool *ret_found)
{
    static const Gap GAP = {.evidence = {"k8s:Pod", 7}, .reason = {"forbidden", 9}};
    const Node *document = context;
    *ret_found = true;
    if (str_is(name, "gone"))
        return value_unknown(&GAP);
    return value_of_node(document, NULL);
}

static void
evaluate(Arena *arena, const CelProgram *program, const Node *document, Buf *out)
{
    CelEval eval = {.arena = arena, .lookup = lookup, .context = (void *)(uintptr_t)document};
    Value value = cel_eval(program, &eval);
    if (value.type == VALUE_ERROR)
        buf_add_str(out, value.error->text);
    else
        value_write_text(value, out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(512 << 20);
    const CelProgram *program = NULL;
    const Node *document = NULL;
    Err err = {0};
    CelOptions options = {.file = "f.yaml", .line = 3, .column = 5};
    Status status = cel_compile(arena, (Str){(const char *)data, size}, &options, &program, &err);
    LAW_ERR(status, err);
    LAW(status != ST_RULE || err.line >= 3);
    if (status != ST_OK)
        return 0;
    LAW(yaml_parse_one(arena, STR("{a: [1, 2, {b: x}], s: text, m: {k: 1.5, n: null}, t: true}"),
                       "d", &document, NULL) == ST_OK);
    CLEANUP(buf_done) Buf first = BUF_INIT(64 << 20);
    CLEANUP(buf_done) Buf second = BUF_INIT(64 << 20);
    evaluate(arena, program, document, &first);
    evaluate(arena, program, document, &second);
    LAW(str_eq(buf_str(&first), buf_str(&second)));
    return 0;
}
