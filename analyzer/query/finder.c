/* SPDX-License-Identifier: Apache-2.0 */
/* finder.c -- finds in a text where which of many patterns may match. */
#include "analyzer/query/finder.h"

#include "analyzer/query/finder_hs.h"
#include "analyzer/query/pattern_form.h"
#include "analyzer/query/word_finder.h"
#include "base/cleanup.h"
#include "config.h"

#include <pthread.h>
#include <stdatomic.h>

/* Making an automaton takes as long as looking for the words in so much text. */
enum { AUTOMATON_FROM_BYTES = 16 * 1024 * 1024 };

/* One way to look for all patterns. */
typedef struct {
    HsDatabase *database;        /* NULL: none */
    const WordFinder *words;     /* of the patterns that the database does not look for */
    const uint32_t *blind;       /* patterns that neither looks for */
    size_t blind_count;
} Engine;

struct Finder {
    Arena *arena;                /* used by finder_new() and while making */
    PatternForm *forms;
    size_t count;
    bool automaton_wanted;
    uint64_t automaton_from;     /* bytes to be scanned before */
    Engine by_words;
    Engine by_automaton;
    _Atomic(const Engine *) best;
    atomic_uint_fast64_t scanned;
    pthread_mutex_t making;      /* of what follows */
    bool automaton_tried;
    pthread_mutex_t lock;        /* of what follows */
    FinderUse *spare;            /* uses that were given back */
};

struct FinderUse {
    Finder *finder;
    FinderUse *next;
    const Engine *engine;        /* of the last scan */
    HsScratch *scratch;          /* for the database; made when needed */
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

/* What is left of the patterns (taken[i]: looked for already) by their words. */
static Status
add_words(Finder *finder, const bool *taken, Engine *engine, Err *err)
{
    VEC(FinderWord) words = {0};
    VEC(uint32_t) blind = {0};
    for (size_t i = 0; i < finder->count; i++) {
        const PatternForm *form = &finder->forms[i];
        if (taken && taken[i])
            continue;
        if (form->word_count == 0) {
            uint32_t *slot = VEC_PUSH(finder->arena, &blind);
            if (!slot)
                return err_nomem(err);
            *slot = (uint32_t)i;
        }
        for (size_t k = 0; k < form->word_count; k++) {
            FinderWord *slot = VEC_PUSH(finder->arena, &words);
            if (!slot)
                return err_nomem(err);
            *slot = (FinderWord){form->words[k], (uint32_t)i};
        }
    }
    engine->words = word_finder_new(finder->arena, words.items, words.count);
    engine->blind = blind.items;
    engine->blind_count = blind.count;
    return engine->words ? ST_OK : err_nomem(err);
}

static Status
init(Finder *finder, const Regex *const *regexes, Err *err)
{
    finder->forms = ARENA_ARRAY(finder->arena, PatternForm, finder->count);
    if (!finder->forms)
        return err_nomem(err);
    for (size_t i = 0; i < finder->count; i++)
        TRY(pattern_form(finder->arena, regexes[i], &finder->forms[i], err));
    TRY(add_words(finder, NULL, &finder->by_words, err));
    atomic_init(&finder->best, &finder->by_words);
    return ST_OK;
}

Finder *
finder_new(const Regex *const *regexes, size_t count, FinderEngine engine)
{
    CLEANUP(cleanup_finder) Finder *finder = calloc(1, sizeof *finder);     /* has a lock */
    if (!finder)
        return NULL;
    (void)pthread_mutex_init(&finder->lock, NULL);      /* neither can fail in glibc */
    (void)pthread_mutex_init(&finder->making, NULL);
    finder->arena = arena_new(SIZE_MAX);
    finder->count = count;
    finder->automaton_wanted = engine != FINDER_WORDS && finder_has_vectorscan();
    finder->automaton_from = engine == FINDER_VECTORSCAN ? 0 : AUTOMATON_FROM_BYTES;
    if (!finder->arena || init(finder, regexes, NULL) != ST_OK)
        return NULL;
    return TAKE_PTR(finder);
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
    finder->by_automaton.database = hs_database_free(finder->by_automaton.database);
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
    use->engine = &finder->by_words;
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

#ifdef HAVE_HYPERSCAN
/* With `making` held.  Without an automaton the words go on. */
static Status
make_automaton(Finder *finder, Err *err)
{
    Str *expressions = ARENA_ARRAY(finder->arena, Str, finder->count);
    bool *taken = ARENA_ARRAY(finder->arena, bool, finder->count);
    if (!expressions || !taken)
        return err_nomem(err);
    for (size_t i = 0; i < finder->count; i++)
        expressions[i] = finder->forms[i].expression;
    Engine *engine = &finder->by_automaton;
    TRY(hs_database_new(expressions, finder->count, taken, &engine->database, err));
    if (!engine->database)
        return ST_OK;
    TRY(add_words(finder, taken, engine, err));
    atomic_store(&finder->best, engine);
    return ST_OK;
}

/* One thread makes it; others do not wait but go on with words. */
static Status
want_automaton(Finder *finder, Err *err)
{
    if (!finder->automaton_wanted || atomic_load(&finder->scanned) < finder->automaton_from ||
        atomic_load(&finder->best) != &finder->by_words ||
        pthread_mutex_trylock(&finder->making) != 0)
        return ST_OK;
    bool tried = finder->automaton_tried;
    finder->automaton_tried = true;
    Status status = tried ? ST_OK : make_automaton(finder, err);
    (void)pthread_mutex_unlock(&finder->making);
    return status;
}

static Status
scan_database(FinderUse *use, Str text, FinderFn *fn, void *context, Err *err)
{
    const HsDatabase *database = use->engine->database;
    if (!database)
        return ST_OK;
    if (!use->scratch)
        use->scratch = hs_scratch_new(database);
    return use->scratch ? hs_database_scan(database, use->scratch, text, fn, context, err)
                        : err_nomem(err);
}
#else
static Status
want_automaton(Finder *finder, Err *err)
{
    (void)finder;
    (void)err;
    return ST_OK;
}

static Status
scan_database(FinderUse *use, Str text, FinderFn *fn, void *context, Err *err)
{
    (void)use;
    (void)text;
    (void)fn;
    (void)context;
    (void)err;
    return ST_OK;
}
#endif

Status
finder_scan(FinderUse *use, Str text, FinderFn *fn, void *context, Err *err)
{
    Finder *finder = use->finder;
    TRY(want_automaton(finder, err));
    (void)atomic_fetch_add(&finder->scanned, text.n);
    use->engine = atomic_load(&finder->best);
    TRY(scan_database(use, text, fn, context, err));
    word_finder_scan(use->engine->words, text, fn, context);
    return ST_OK;
}

const uint32_t *
finder_blind(const FinderUse *use, size_t *ret_count)
{
    *ret_count = use->engine->blind_count;
    return use->engine->blind;
}

const char *
finder_engine_name(const FinderUse *use)
{
    return use->engine->database ? "vectorscan" : "words";
}
