/* SPDX-License-Identifier: Apache-2.0 */
/* finder_hs.c -- many patterns in one automaton, by Vectorscan. */
#include "config.h"

#ifdef HAVE_HYPERSCAN

#include "analyzer/query/finder_hs.h"

#include "base/cleanup.h"

#include <hs.h>
#include <limits.h>

/* '^' and '$' are ends of lines.  Neither UTF-8 (the text may be anything) nor where matches
 * start, which makes most sets of patterns too large to compile. */
static const unsigned FLAGS = HS_FLAG_MULTILINE;

struct HsDatabase {
    hs_database_t *database;
};

struct HsScratch {
    hs_scratch_t *scratch;
};

/* What hs_compile_multi() takes. */
typedef struct {
    Arena *arena;
    const char **expressions;
    unsigned *flags;
    unsigned *ids;
    size_t count;
} Set;

static Status
make_set(const Str *expressions, size_t count, bool *taken, Set *set, Err *err)
{
    set->arena = arena_new(SIZE_MAX);
    if (!set->arena)
        return err_nomem(err);
    set->expressions = arena_array(set->arena, count, sizeof *set->expressions);
    set->flags = ARENA_ARRAY(set->arena, unsigned, count);
    set->ids = ARENA_ARRAY(set->arena, unsigned, count);
    if (!set->expressions || !set->flags || !set->ids)
        return err_nomem(err);
    for (size_t i = 0; i < count; i++) {
        taken[i] = expressions[i].n > 0;
        if (!taken[i])
            continue;
        const char *copy = arena_cstr(set->arena, expressions[i]);
        if (!copy)
            return err_nomem(err);
        set->expressions[set->count] = copy;
        set->flags[set->count] = FLAGS;
        set->ids[set->count++] = (unsigned)i;
    }
    return ST_OK;
}

static void
set_done(Set *set)
{
    set->arena = arena_free(set->arena);
}

static void
leave_out(Set *set, size_t at, bool *taken)
{
    taken[set->ids[at]] = false;
    set->count--;
    for (size_t i = at; i < set->count; i++) {
        set->expressions[i] = set->expressions[i + 1];
        set->ids[i] = set->ids[i + 1];
    }
}

static void
leave_all_out(Set *set, bool *taken)
{
    while (set->count)
        leave_out(set, set->count - 1, taken);
}

/* Compiles what it can: an expression that is refused is left out, and the rest tried again. */
static Status
compile(Set *set, bool *taken, hs_database_t **ret, Err *err)
{
    while (set->count) {
        hs_compile_error_t *error = NULL;
        hs_error_t status = hs_compile_multi(set->expressions, set->flags, set->ids,
                                             (unsigned)set->count, HS_MODE_BLOCK, NULL, ret,
                                             &error);
        if (status == HS_SUCCESS)
            return ST_OK;
        int refused = error ? error->expression : -1;
        (void)hs_free_compile_error(error);
        if (status == HS_NOMEM)
            return err_nomem(err);
        if (refused >= 0 && (size_t)refused < set->count)
            leave_out(set, (size_t)refused, taken);
        else
            leave_all_out(set, taken);
    }
    return ST_OK;
}

Status
hs_database_new(const Str *expressions, size_t count, bool *ret_taken, HsDatabase **ret, Err *err)
{
    CLEANUP(set_done) Set set = {0};
    hs_database_t *database = NULL;
    TRY(make_set(expressions, count, ret_taken, &set, err));
    /* a processor that it was not built for */
    if (hs_valid_platform() != HS_SUCCESS)
        leave_all_out(&set, ret_taken);
    TRY(compile(&set, ret_taken, &database, err));
    *ret = NULL;
    if (!database)
        return ST_OK;
    *ret = malloc(sizeof **ret);       /* freed with what it holds */
    if (!*ret) {
        (void)hs_free_database(database);
        return err_nomem(err);
    }
    (*ret)->database = database;
    return ST_OK;
}

HsDatabase *
hs_database_free(HsDatabase *database)
{
    if (database) {
        (void)hs_free_database(database->database);
        free(database);
    }
    return NULL;
}

HsScratch *
hs_scratch_new(const HsDatabase *database)
{
    HsScratch *scratch = calloc(1, sizeof *scratch);    /* freed with what it holds */
    if (scratch && hs_alloc_scratch(database->database, &scratch->scratch) != HS_SUCCESS)
        return hs_scratch_free(scratch);
    return scratch;
}

HsScratch *
hs_scratch_free(HsScratch *scratch)
{
    if (scratch) {
        (void)hs_free_scratch(scratch->scratch);
        free(scratch);
    }
    return NULL;
}

typedef struct {
    FinderFn *fn;
    void *context;
} Caller;

static int
on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
         void *context)
{
    const Caller *caller = context;
    (void)from;
    (void)flags;
    return caller->fn(caller->context, id, (size_t)to) ? 0 : 1;
}

Status
hs_database_scan(const HsDatabase *database, HsScratch *scratch, Str text, FinderFn *fn,
                 void *context, Err *err)
{
    Caller caller = {fn, context};
    if (text.n == 0 || text.n > UINT_MAX)
        return ST_OK;
    hs_error_t status = hs_scan(database->database, text.p, (unsigned)text.n, 0, scratch->scratch,
                                on_match, &caller);
    if (status == HS_SUCCESS || status == HS_SCAN_TERMINATED)
        return ST_OK;
    return err_set(err, ST_INTERNAL, "vectorscan failed with %d", status);
}

#else
typedef int NoHyperscan;      /* a file must hold something */
#endif
