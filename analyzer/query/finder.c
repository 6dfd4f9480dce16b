/* SPDX-License-Identifier: Apache-2.0 */
/* finder.c -- finds in a text where which of many patterns may match. */
#include "analyzer/query/finder.h"

#include "analyzer/query/finder_hs.h"
#include "analyzer/query/pattern_words.h"
#include "base/cleanup.h"
#include "base/map.h"
#include "config.h"

#include <pthread.h>
#include <stdatomic.h>

/* Vectorscan's tables take some milliseconds to make. */
enum { TABLES_FROM_BYTES = 4 * 1024 * 1024 };

/* Patterns that hold a word. */
typedef VEC(uint32_t) Owners;

struct Finder {
    Arena *arena;
    VEC(FinderWord) words;       /* each once; owner: its number */
    VEC(Owners) owners;          /* by word */
    VEC(uint32_t) blind;
    WordFinder *finder;
    bool tables_wanted;
    uint64_t tables_from;        /* bytes to be scanned before */
    atomic_uint_fast64_t scanned;
    pthread_mutex_t making;      /* of what follows */
    bool tables_tried;
    _Atomic(HsDatabase *) tables;    /* NULL: none, or none yet */
    pthread_mutex_t lock;        /* of what follows */
    FinderUse *spare;            /* uses that were given back */
};

struct FinderUse {
    Finder *finder;
    FinderUse *next;
    bool by_tables;              /* the last scan */
    HsScratch *scratch;          /* made when needed */
    FinderFn *fn;                /* of the scan at hand */
    void *context;
};

bool
finder_has_vectorscan(void)
{
#ifdef HAVE_HYPERSCAN
    return true;
#else
    return false;
#endif
}

/* --- making --- */

static Status
add_word(Finder *finder, Map *numbers, Str word, uint32_t pattern, Err *err)
{
    void *known = map_get(numbers, word);
    size_t number = known ? (size_t)(uintptr_t)known - 1 : finder->words.count;
    if (!known) {
        FinderWord *slot = VEC_PUSH(finder->arena, &finder->words);
        if (!slot || !VEC_PUSH(finder->arena, &finder->owners) ||
            !map_put(numbers, word, (void *)(uintptr_t)(number + 1)))      /* a number */
            return err_nomem(err);
        *slot = (FinderWord){word, (uint32_t)number};
    }
    Owners *owners = &finder->owners.items[number];
    uint32_t *slot = VEC_PUSH(finder->arena, owners);
    if (!slot)
        return err_nomem(err);
    *slot = pattern;
    return ST_OK;
}

static Status
add_pattern(Finder *finder, Map *numbers, const Regex *regex, uint32_t number, Err *err)
{
    PatternWords words;
    TRY(pattern_words(finder->arena, regex, &words, err));
    for (size_t i = 0; i < words.count; i++)
        TRY(add_word(finder, numbers, words.items[i], number, err));
    if (words.count > 0)
        return ST_OK;
    uint32_t *slot = VEC_PUSH(finder->arena, &finder->blind);
    if (!slot)
        return err_nomem(err);
    *slot = number;
    return ST_OK;
}

static Status
init(Finder *finder, const Regex *const *regexes, size_t count, Err *err)
{
    Map numbers;
    finder->arena = arena_new(SIZE_MAX);
    if (!finder->arena)
        return err_nomem(err);
    map_init(&numbers, finder->arena);
    for (size_t i = 0; i < count; i++)
        TRY(add_pattern(finder, &numbers, regexes[i], (uint32_t)i, err));
    finder->finder = word_finder_new(finder->arena, finder->words.items, finder->words.count);
    return finder->finder ? ST_OK : err_nomem(err);
}

Finder *
finder_new(const Regex *const *regexes, size_t count, FinderEngine engine)
{
    CLEANUP(cleanup_finder) Finder *finder = calloc(1, sizeof *finder);     /* has locks */
    if (!finder)
        return NULL;
    (void)pthread_mutex_init(&finder->lock, NULL);      /* neither can fail in glibc */
    (void)pthread_mutex_init(&finder->making, NULL);
    finder->tables_wanted = engine != FINDER_WORDS && finder_has_vectorscan();
    finder->tables_from = engine == FINDER_VECTORSCAN ? 0 : TABLES_FROM_BYTES;
    return init(finder, regexes, count, NULL) == ST_OK ? TAKE_PTR(finder) : NULL;
}

static void
free_use(FinderUse *use)
{
#ifdef HAVE_HYPERSCAN
    use->scratch = hs_scratch_free(use->scratch);
#endif
    free(use);
}

Finder *
finder_free(Finder *finder)
{
    if (!finder)
        return NULL;
    for (FinderUse *use = finder->spare; use;) {
        FinderUse *next = use->next;
        free_use(use);
        use = next;
    }
#ifdef HAVE_HYPERSCAN
    (void)hs_database_free(atomic_load(&finder->tables));
#endif
    (void)pthread_mutex_destroy(&finder->lock);
    (void)pthread_mutex_destroy(&finder->making);
    finder->arena = arena_free(finder->arena);
    free(finder);
    return NULL;
}

void
cleanup_finder(Finder **finder)
{
    *finder = finder_free(*finder);
}

/* --- using --- */

Status
finder_use(Finder *finder, FinderUse **ret, Err *err)
{
    (void)pthread_mutex_lock(&finder->lock);
    FinderUse *use = finder->spare;
    if (use)
        finder->spare = use->next;
    (void)pthread_mutex_unlock(&finder->lock);
    if (!use)
        use = calloc(1, sizeof *use);       /* freed with the finder */
    if (!use)
        return err_nomem(err);
    use->finder = finder;
    *ret = use;
    return ST_OK;
}

void
finder_unuse(FinderUse *use)
{
    if (!use)
        return;
    Finder *finder = use->finder;
    (void)pthread_mutex_lock(&finder->lock);
    use->next = finder->spare;
    finder->spare = use;
    (void)pthread_mutex_unlock(&finder->lock);
}

/* For both searches: a word stands for all patterns that hold it. */
static bool
on_word(void *context, uint32_t word, size_t end)
{
    const FinderUse *use = context;
    const Owners *owners = &use->finder->owners.items[word];
    for (size_t i = 0; i < owners->count; i++)
        if (!use->fn(use->context, owners->items[i], end))
            return false;
    return true;
}

#ifdef HAVE_HYPERSCAN
/* One thread makes the tables; others do not wait but go on without. */
static Status
want_tables(Finder *finder, Err *err)
{
    if (!finder->tables_wanted || atomic_load(&finder->scanned) < finder->tables_from ||
        atomic_load(&finder->tables) || pthread_mutex_trylock(&finder->making) != 0)
        return ST_OK;
    HsDatabase *tables = NULL;
    Status status = ST_OK;
    if (!finder->tables_tried)
        status = hs_database_new(finder->words.items, finder->words.count, &tables, err);
    finder->tables_tried = true;
    if (tables)
        atomic_store(&finder->tables, tables);
    (void)pthread_mutex_unlock(&finder->making);
    return status;
}

static Status
scan_by_tables(FinderUse *use, const HsDatabase *tables, Str text, Err *err)
{
    if (!use->scratch)
        use->scratch = hs_scratch_new(tables);
    return use->scratch ? hs_database_scan(tables, use->scratch, text, on_word, use, err)
                        : err_nomem(err);
}
#else
static Status
want_tables(Finder *finder, Err *err)
{
    (void)finder;
    (void)err;
    return ST_OK;
}

static Status
scan_by_tables(FinderUse *use, const HsDatabase *tables, Str text, Err *err)
{
    (void)use;
    (void)tables;
    (void)text;
    (void)err;
    return ST_OK;
}
#endif

Status
finder_scan(FinderUse *use, Str text, FinderFn *fn, void *context, Err *err)
{
    Finder *finder = use->finder;
    use->fn = fn;
    use->context = context;
    TRY(want_tables(finder, err));
    (void)atomic_fetch_add(&finder->scanned, text.n);
    const HsDatabase *tables = atomic_load(&finder->tables);
    use->by_tables = tables != NULL;
    if (tables)
        return scan_by_tables(use, tables, text, err);
    word_finder_scan(finder->finder, text, on_word, use);
    return ST_OK;
}

const uint32_t *
finder_blind(const Finder *finder, size_t *ret_count)
{
    *ret_count = finder->blind.count;
    return finder->blind.items;
}

const char *
finder_engine_name(const FinderUse *use)
{
    return use->by_tables ? "vectorscan" : "words";
}
