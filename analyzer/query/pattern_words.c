/* SPDX-License-Identifier: Apache-2.0 */
/* pattern_words.c -- words of which a text must hold one for a pattern to match in it. */
#include "analyzer/query/pattern_words.h"

#include "analyzer/query/pattern_tree.h"
#include "base/limits.h"
#include "base/utf8.h"

enum {
    WORDS_MOST = 16,
    WORD_WORTH_BYTES = 16,   /* longer words are hardly any rarer */
};

typedef struct {
    Arena *arena;
    bool no_memory;
} Writer;

typedef struct {
    Str items[WORDS_MOST];
    size_t count;
    size_t worth;            /* bytes of the shortest, 0: there are none */
} Words;

static void
keep_better(Words *best, const Words *words)
{
    if (words->worth > best->worth || (words->worth == best->worth && words->count < best->count))
        *best = *words;
}

/* The byte that a set stands for, but for its case. */
static bool
one_byte(const PatternTree *set, char *ret)
{
    if (set->kind != PATTERN_SET || set->beyond || set->code)
        return false;
    int found = -1;
    for (unsigned c = 0; c < 128; c++) {
        if (!pattern_set_has(set, c))
            continue;
        int low = c >= 'A' && c <= 'Z' ? (int)c + 32 : (int)c;
        if (found >= 0 && found != low)
            return false;
        found = low;
    }
    *ret = (char)found;
    return found >= 0;
}

static void
end_run(Writer *w, Buf *run, Words *best)
{
    if (run->n >= PATTERN_WORD_LEAST_BYTES) {
        Words words = {.count = 1};
        words.items[0] = arena_str(w->arena, buf_str(run));
        words.worth = run->n < WORD_WORTH_BYTES ? run->n : WORD_WORTH_BYTES;
        w->no_memory |= !words.items[0].p;
        keep_better(best, &words);
    }
    buf_clear(run);
}

static Words words_of(Writer *w, const PatternTree *tree);

/* Words of a sequence; run is what directly precedes it, and in the end what it ends with. */
static void
read_sequence(Writer *w, const PatternTree *tree, Buf *run, Words *best)
{
    for (const PatternTree *each = tree->child; each; each = each->next) {
        char byte;
        if (one_byte(each, &byte)) {
            buf_addc(run, byte);
        } else if (each->kind == PATTERN_SET && each->code) {
            char bytes[4];
            buf_add(run, bytes, utf8_encode(each->code, bytes));
        } else if (each->kind == PATTERN_SEQUENCE) {
            read_sequence(w, each, run, best);
        } else if (each->kind == PATTERN_SET || each->kind == PATTERN_CHOICE ||
                   each->kind == PATTERN_REPEAT) {
            end_run(w, run, best);
            Words words = words_of(w, each);
            keep_better(best, &words);
        }
    }
}

static Words
words_of_choice(Writer *w, const PatternTree *tree)
{
    Words all = {.worth = SIZE_MAX};
    for (const PatternTree *each = tree->child; each; each = each->next) {
        Words own = words_of(w, each);
        if (own.worth == 0 || all.count + own.count > WORDS_MOST)
            return (Words){0};
        for (size_t i = 0; i < own.count; i++)
            all.items[all.count++] = own.items[i];
        all.worth = own.worth < all.worth ? own.worth : all.worth;
    }
    return all;
}

static Words
words_of(Writer *w, const PatternTree *tree)
{
    Words best = {0};
    if (tree->kind == PATTERN_CHOICE)
        return words_of_choice(w, tree);
    if (tree->kind == PATTERN_REPEAT)
        return tree->low > 0 ? words_of(w, tree->child) : best;
    if (tree->kind == PATTERN_SEQUENCE) {
        CLEANUP(buf_done) Buf run = BUF_INIT(64 * LIMIT_PATTERN_BYTES);
        read_sequence(w, tree, &run, &best);
        end_run(w, &run, &best);
        w->no_memory |= run.failed != ST_OK;
    }
    return best;
}

Status
pattern_words(Arena *arena, const Regex *regex, PatternWords *ret, Err *err)
{
    CLEANUP(cleanup_arena) Arena *scratch = arena_new(SIZE_MAX);
    Writer w = {.arena = arena};
    const PatternTree *tree = NULL;
    Words words = {0};
    if (!scratch)
        return err_nomem(err);
    TRY(pattern_tree(scratch, regex_translation(regex), &tree, err));
    if (tree)
        words = words_of(&w, tree);
    Str *items = ARENA_ARRAY(arena, Str, words.count);
    if (w.no_memory || !items)
        return err_nomem(err);
    for (size_t i = 0; i < words.count; i++)
        items[i] = words.items[i];
    *ret = (PatternWords){items, words.count};
    return ST_OK;
}
