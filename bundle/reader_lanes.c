/* SPDX-License-Identifier: Apache-2.0 */
/* reader_lanes.c -- members side by side, where each can be read by itself.
 *
 * Wanted members are cut into units: a large member, or small ones that follow each other and
 * perhaps share a gzip member.  Lanes take units, the largest first, so that none is left with a
 * large one at the end.  Limits of the whole bundle depend on the order of its members, so lanes
 * are used only where what the bundle claims cannot reach one; problems are kept aside and told
 * in the order of the archive.  What comes out is the same with any number of lanes. */
#include "base/pool.h"
#include "bundle/reader_private.h"

#include <stdlib.h>

enum { UNIT_BYTES = 256 * 1024 };

/* Members next to each other in the list of those that are wanted. */
typedef struct {
    size_t first;
    size_t count;
    uint64_t bytes;
} Unit;

typedef struct {
    Bundle *bundle;
    const MemberReader *reader;
    const BundleVisitor *visitors;
    VEC(const Member *) wanted;
    VEC(Unit) units;
    Arena *arena;
    Scan *scans;             /* one a lane */
    atomic_size_t next;
    atomic_bool stop;
} Lanes;

static void
lanes_done(Lanes *lanes)
{
    lanes->arena = arena_free(lanes->arena);
}

static Status
list_wanted(Lanes *lanes, Err *err)
{
    const Bundle *bundle = lanes->bundle;
    const BundleVisitor *visitor = &lanes->visitors[0];
    for (size_t i = 0; i < bundle->members.count; i++) {
        const Member *member = bundle->members.items[i];
        if (visitor->want && !visitor->want(visitor->context, member))
            continue;
        const Member **slot = VEC_PUSH(lanes->arena, &lanes->wanted);
        if (!slot)
            return err_nomem(err);
        *slot = member;
    }
    return ST_OK;
}

static int
compare_units(const void *a, const void *b)
{
    const Unit *left = a;
    const Unit *right = b;
    if (left->bytes != right->bytes)
        return left->bytes < right->bytes ? 1 : -1;
    return left->first > right->first ? 1 : -1;
}

static Status
make_units(Lanes *lanes, Err *err)
{
    Unit *unit = NULL;
    for (size_t i = 0; i < lanes->wanted.count; i++) {
        const Member *member = lanes->wanted.items[i];
        bool same = unit && (unit->bytes + member->bytes <= UNIT_BYTES ||
                             lanes->reader->together(lanes->bundle, lanes->wanted.items[i - 1],
                                                     member));
        if (!same) {
            unit = VEC_PUSH(lanes->arena, &lanes->units);
            if (!unit)
                return err_nomem(err);
            unit->first = i;
        }
        unit->count++;
        unit->bytes += member->bytes;
    }
    if (lanes->units.count)
        qsort(lanes->units.items, lanes->units.count, sizeof *lanes->units.items, compare_units);
    return ST_OK;
}

/* In the order of the archive, until a limit of the whole is reached. */
static Status
read_in_order(Lanes *lanes, Err *err)
{
    Scan scan = {.bundle = lanes->bundle, .visitor = &lanes->visitors[0]};
    void *state = NULL;
    TRY(lanes->reader->begin(&scan, &state, err));
    Status status = ST_OK;
    for (size_t i = 0; i < lanes->wanted.count && status == ST_OK && !scan.over; i++)
        status = lanes->reader->read(state, lanes->wanted.items[i], err);
    lanes->reader->end(state);
    return status;
}

static Status
read_units(Lanes *lanes, void *state, Err *err)
{
    for (;;) {
        size_t number = atomic_fetch_add(&lanes->next, 1);
        if (number >= lanes->units.count || atomic_load(&lanes->stop))
            return ST_OK;
        const Unit *unit = &lanes->units.items[number];
        for (size_t i = unit->first; i < unit->first + unit->count; i++)
            TRY(lanes->reader->read(state, lanes->wanted.items[i], err));
    }
}

static Status
run_lane(void *context, unsigned lane, Err *err)
{
    Lanes *lanes = context;
    void *state = NULL;
    Status status = lanes->reader->begin(&lanes->scans[lane], &state, err);
    if (status == ST_OK) {
        status = read_units(lanes, state, err);
        lanes->reader->end(state);
    }
    if (status != ST_OK)
        atomic_store(&lanes->stop, true);
    return status;
}

static int
compare_problems(const void *a, const void *b)
{
    const KeptProblem *left = a;
    const KeptProblem *right = b;
    if (left->member != right->member)
        return left->member < right->member ? -1 : 1;
    return left->ordinal < right->ordinal ? -1 : 1;
}

/* What was wrong with members, as if they had been read one after the other. */
static Status
tell_problems(Lanes *lanes, unsigned count, Err *err)
{
    VEC(KeptProblem) all = {0};
    for (unsigned lane = 0; lane < count; lane++) {
        const KeptProblems *kept = &lanes->scans[lane].kept;
        for (size_t i = 0; i < kept->count; i++) {
            KeptProblem *slot = VEC_PUSH(lanes->arena, &all);
            if (!slot)
                return err_nomem(err);
            *slot = kept->items[i];
        }
    }
    if (all.count)
        qsort(all.items, all.count, sizeof *all.items, compare_problems);
    for (size_t i = 0; i < all.count; i++) {
        const KeptProblem *problem = &all.items[i];
        TRY(bundle_problem(lanes->bundle, problem->kind,
                           lanes->bundle->members.items[problem->member]->name, problem->offset,
                           problem->reason, err));
    }
    return ST_OK;
}

static Status
read_side_by_side(Lanes *lanes, unsigned count, Err *err)
{
    TRY(make_units(lanes, err));
    if (count > lanes->units.count)
        count = (unsigned)lanes->units.count;
    lanes->scans = ARENA_ARRAY(lanes->arena, Scan, count);
    if (!lanes->scans)
        return err_nomem(err);
    Status status = ST_OK;
    for (unsigned lane = 0; lane < count && status == ST_OK; lane++) {
        lanes->scans[lane] = (Scan){.bundle = lanes->bundle, .visitor = &lanes->visitors[lane],
                                    .lane = lane, .keeps_problems = true,
                                    .arena = arena_new(SIZE_MAX)};
        if (!lanes->scans[lane].arena)
            status = err_nomem(err);
    }
    if (status == ST_OK)
        status = pool_run(count, run_lane, lanes, err);
    if (status == ST_OK)
        status = tell_problems(lanes, count, err);
    for (unsigned lane = 0; lane < count; lane++)
        lanes->scans[lane].arena = arena_free(lanes->scans[lane].arena);
    return status;
}

Status
lanes_scan(Bundle *bundle, const MemberReader *reader, const BundleVisitor *visitors,
           unsigned count, Err *err)
{
    CLEANUP(lanes_done) Lanes lanes = {.bundle = bundle, .reader = reader, .visitors = visitors,
                                       .arena = arena_new(SIZE_MAX)};
    if (!lanes.arena)
        return err_nomem(err);
    TRY(list_wanted(&lanes, err));
    if (count < 2 || lanes.wanted.count < 2 || bundle->check_chunks ||
        !reader->within_limits(bundle, lanes.wanted.items, lanes.wanted.count))
        return read_in_order(&lanes, err);
    return read_side_by_side(&lanes, count, err);
}
