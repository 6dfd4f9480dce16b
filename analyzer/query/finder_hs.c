/* SPDX-License-Identifier: Apache-2.0 */
/* finder_hs.c -- many words at once, by Vectorscan. */
#include "config.h"

#ifdef HAVE_HYPERSCAN

#include "analyzer/query/finder_hs.h"

#include <hs.h>
#include <limits.h>
#include <stdlib.h>

struct HsDatabase {
    hs_database_t *database;
};

struct HsScratch {
    hs_scratch_t *scratch;
};

/* *ret stays NULL where it is refused. */
static Status
compile(Arena *arena, const FinderWord *words, size_t count, hs_database_t **ret, Err *err)
{
    const char **texts = arena_array(arena, count, sizeof *texts);
    size_t *lengths = ARENA_ARRAY(arena, size_t, count);
    unsigned *flags = ARENA_ARRAY(arena, unsigned, count);
    unsigned *ids = ARENA_ARRAY(arena, unsigned, count);
    if (!texts || !lengths || !flags || !ids)
        return err_nomem(err);
    for (size_t i = 0; i < count; i++) {
        texts[i] = words[i].text.p;
        lengths[i] = words[i].text.n;
        flags[i] = HS_FLAG_CASELESS;
        ids[i] = words[i].owner;
    }
    hs_compile_error_t *error = NULL;
    hs_error_t status = hs_compile_lit_multi(texts, flags, ids, lengths, (unsigned)count,
                                             HS_MODE_BLOCK, NULL, ret, &error);
    (void)hs_free_compile_error(error);
    return status == HS_NOMEM ? err_nomem(err) : ST_OK;
}

Status
hs_database_new(const FinderWord *words, size_t count, HsDatabase **ret, Err *err)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    hs_database_t *database = NULL;
    if (!arena)
        return err_nomem(err);
    *ret = NULL;
    if (count > 0 && hs_valid_platform() == HS_SUCCESS)
        TRY(compile(arena, words, count, &database, err));
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
    WordFinderFn *fn;
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
hs_database_scan(const HsDatabase *database, HsScratch *scratch, Str text, WordFinderFn *fn,
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
