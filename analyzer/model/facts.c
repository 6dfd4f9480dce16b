/* SPDX-License-Identifier: Apache-2.0 */
/* facts.c -- the table of facts, and each derived once. */
#include "analyzer/model/facts.h"

#include "analyzer/model/facts_private.h"

#define KIND(text) {FACT_NEEDS_KIND, text}
#define DOCUMENT(glob) {FACT_NEEDS_DOCUMENT, glob}
#define LOG_HEAD(glob) {FACT_NEEDS_LOG_HEAD, glob}
#define FACT_(name) {FACT_NEEDS_FACT, name}

#define FACT(id, name, shape, help, ...) \
    static const FactNeed NEEDS_##id[] = {__VA_ARGS__, {FACT_NEEDS_KIND, NULL}};
#include "analyzer/model/facts.def"
#undef FACT

const FactRow FACTS[] = {
#define FACT(id, name, shape, help, ...) {name, shape, help, NEEDS_##id, fact_##id},
#include "analyzer/model/facts.def"
#undef FACT
};
const size_t FACT_COUNT = sizeof FACTS / sizeof *FACTS;

const FactRow *
fact_row(Str name)
{
    for (size_t i = 0; i < FACT_COUNT; i++)
        if (str_is(name, FACTS[i].name))
            return &FACTS[i];
    return NULL;
}

const char *const *
fact_names(void)
{
    static const char *const NAMES[] = {
#define FACT(id, name, ...) name,
#include "analyzer/model/facts.def"
#undef FACT
        NULL,
    };
    return NAMES;
}

Status
model_fact(Model *model, Str name, Fact *ret, Err *err)
{
    const FactRow *row = fact_row(name);
    if (!row)
        return err_set(err, ST_NOT_FOUND, "unknown fact '" STR_FMT "'",
                       STR_ARG(str_head(name, 80)));
    Fact *fact = map_get(&model->facts, str_of(row->name));
    if (!fact) {
        fact = ARENA_NEW(model->arena, Fact);
        if (!fact)
            return err_nomem(err);
        TRY(row->derive(model, fact, err));
        if (!map_put(&model->facts, str_of(row->name), fact))
            return err_nomem(err);
    }
    *ret = *fact;
    return ST_OK;
}

Status
fact_unknown(Model *model, const char *name, Str reason, const Gap *because, Fact *ret, Err *err)
{
    const Gap *gap = because;
    if (!gap) {
        const char *evidence = arena_printf(model->arena, "fact:%s", name);
        if (!evidence)
            return err_nomem(err);
        TRY(plain_gap(model, evidence, reason, "", "", NULL, &gap, err));
    }
    *ret = (Fact){.state = EVIDENCE_UNKNOWN, .gap = gap};
    return ST_OK;
}

Status
fact_value(Model *model, const Node *node, const Origin *origin, const Gap *gap, Fact *ret,
           Err *err)
{
    FactItem *item = ARENA_NEW(model->arena, FactItem);
    if (!item)
        return err_nomem(err);
    item->node = node;
    if (origin)
        item->origin = *origin;
    *ret = (Fact){.state = gap ? EVIDENCE_INCOMPLETE : EVIDENCE_COMPLETE, .gap = gap,
                  .items = item, .count = 1};
    return ST_OK;
}

void
fact_list(const FactItem *items, size_t count, EvidenceState state, const Gap *gap, Fact *ret)
{
    *ret = (Fact){.state = state, .gap = gap, .is_list = true, .items = items, .count = count};
}
