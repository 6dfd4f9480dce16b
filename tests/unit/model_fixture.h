/* SPDX-License-Identifier: Apache-2.0 */
/* model_fixture.h -- a Model made of members in memory, for tests. */
#ifndef TESTS_UNIT_MODEL_FIXTURE_H
#define TESTS_UNIT_MODEL_FIXTURE_H

#include "analyzer/model/feed_memory.h"
#include "tests/unit/runner.h"

typedef struct {
    Arena *arena;
    MemoryFeed *memory;
    Demand *demand;
    Model *model;
    Err err;
} Fixture;

static inline Fixture
fixture_new(void)
{
    Fixture f = {.arena = arena_new(SIZE_MAX)};
    ck_assert_ptr_nonnull(f.arena);
    f.memory = memory_feed_new(f.arena);
    f.demand = demand_new(f.arena);
    ck_assert(f.memory && f.demand);
    return f;
}

static inline void
fixture_done(Fixture *f)
{
    f->arena = arena_free(f->arena);
}

static inline void
fixture_member_cut(Fixture *f, const char *name, const char *text, bool cut)
{
    ck_assert_ok(memory_feed_add(f->memory, str_of(name), str_of(text), cut, &f->err), f->err);
}

static inline void
fixture_member(Fixture *f, const char *name, const char *text)
{
    fixture_member_cut(f, name, text, false);
}

/* The reason is "why" where it is not complete. */
static inline void
fixture_capture(Fixture *f, const char *kind, const char *glob, CaptureState state,
                CaptureClass class)
{
    ck_assert_ok(memory_feed_capture(f->memory, kind, str_of(glob), state, class,
                                     state == CAPTURE_COMPLETE ? STR("") : STR("why"), &f->err),
                 f->err);
}

static inline void
fixture_load(Fixture *f)
{
    ck_assert_ok(memory_feed_seal(f->memory, &f->err), f->err);
    ModelFeed feed = memory_feed(f->memory);
    ck_assert_ok(model_load(&feed, f->demand, f->arena, &f->model, &f->err), f->err);
}

/* The reasons of all gaps, one a line. */
static inline const char *
fixture_gaps(Fixture *f, const Gap *gap)
{
    const char *text = "";
    for (; gap; gap = gap->next)
        text = arena_printf(f->arena, "%s%.*s\n", text, STR_ARG(gap->reason));
    return text;
}

#endif
