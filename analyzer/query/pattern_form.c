/* SPDX-License-Identifier: Apache-2.0 */
/* pattern_form.c -- what a text must hold for a pattern to match in it. */
#include "analyzer/query/pattern_form.h"

#include "analyzer/query/pattern_tree.h"
#include "base/limits.h"
#include "base/utf8.h"

enum {
    COUNT_MOST = 32,         /* of a repetition; more states than that are not worth it */
    COUNT_WITHIN_MOST = 4,   /* of one that holds others */
    WORDS_MOST = 16,
    WORD_WORTH_BYTES = 8,    /* longer words are found no faster */
};

typedef struct {
    Arena *arena;
    Buf out;
    bool no_memory;
} Writer;

/* --- the expression --- */

static void
write_bytes(Writer *w, const PatternTree *set, bool beyond)
{
    buf_addc(&w->out, '[');
    for (unsigned c = 0; c < 128; c++) {
        if (!pattern_set_has(set, c))
            continue;
        unsigned last = c;
        while (last < 127 && pattern_set_has(set, last + 1))
            last++;
        buf_printf(&w->out, "\\x%02x", c);
        if (last > c)
            buf_printf(&w->out, "-\\x%02x", last);
        c = last;
    }
    if (beyond)
        buf_adds(&w->out, "\\x80-\\xff");
    buf_addc(&w->out, ']');
}

static void
write_code_point(Writer *w, uint32_t code)
{
    char bytes[4];
    size_t n = utf8_encode(code, bytes);
    buf_adds(&w->out, "(?:");
    for (size_t i = 0; i < n; i++)
        buf_printf(&w->out, "\\x%02x", (unsigned)(unsigned char)bytes[i]);
    buf_addc(&w->out, ')');
}

static void write_tree(Writer *w, const PatternTree *tree, bool head, bool tail);

static void
write_set(Writer *w, const PatternTree *set)
{
    if (set->code) {
        write_code_point(w, set->code);
        return;
    }
    write_bytes(w, set, set->beyond);
    if (set->beyond)
        buf_adds(&w->out, "{1,4}");
}

static void
write_count(Writer *w, int low, int high)
{
    if (low == 0 && high == PATTERN_NO_END)
        buf_addc(&w->out, '*');
    else if (low == 1 && high == PATTERN_NO_END)
        buf_addc(&w->out, '+');
    else if (high == PATTERN_NO_END)
        buf_printf(&w->out, "{%d,}", low);
    else if (low != high)
        buf_printf(&w->out, "{%d,%d}", low, high);
    else if (low != 1)
        buf_printf(&w->out, "{%d}", low);
}

/* At either end of the pattern the fewest times are as good as any more.  So many code points
 * are at least so many bytes, and perhaps more. */
static void
write_repetition(Writer *w, const PatternTree *tree, bool at_end)
{
    const PatternTree *child = tree->child;
    bool simple = child->kind == PATTERN_SET && !child->code;
    int most = simple ? COUNT_MOST : COUNT_WITHIN_MOST;
    int low = tree->low < most ? tree->low : most;
    int high = tree->high;
    if (at_end)
        high = low;
    else if (tree->low > most || high > most || (simple && child->beyond))
        high = PATTERN_NO_END;
    if (high == 0)
        return;
    if (simple) {
        write_bytes(w, child, child->beyond);
    } else {
        buf_adds(&w->out, "(?:");
        write_tree(w, child, false, false);
        buf_addc(&w->out, ')');
    }
    write_count(w, low, high);
}

static bool
is_optional(const PatternTree *tree)
{
    return tree->kind == PATTERN_REPEAT && tree->low == 0;
}

static void
write_sequence(Writer *w, const PatternTree *tree, bool head, bool tail)
{
    const PatternTree *first = tree->child;
    const PatternTree *end = NULL;      /* behind the last that is written */
    while (head && first && is_optional(first))
        first = first->next;
    if (tail) {
        const PatternTree *last_needed = NULL;
        for (const PatternTree *each = first; each; each = each->next)
            if (!is_optional(each) &&
                !(each->kind == PATTERN_LINE_END && last_needed && !each->next))
                last_needed = each;
        /* a '$' is kept where it stands right behind what must be there */
        if (last_needed && last_needed->next && last_needed->next->kind == PATTERN_LINE_END &&
            last_needed->kind != PATTERN_REPEAT)
            last_needed = last_needed->next;
        end = last_needed ? last_needed->next : first;
    }
    for (const PatternTree *each = first; each != end; each = each->next)
        write_tree(w, each, head && each == first, tail && each->next == end);
}

static void
write_tree(Writer *w, const PatternTree *tree, bool head, bool tail)
{
    switch (tree->kind) {
    case PATTERN_SET: write_set(w, tree); break;
    case PATTERN_SEQUENCE: write_sequence(w, tree, head, tail); break;
    case PATTERN_CHOICE:
        buf_adds(&w->out, "(?:");
        for (const PatternTree *each = tree->child; each; each = each->next) {
            write_tree(w, each, head, tail);
            if (each->next)
                buf_addc(&w->out, '|');
        }
        buf_addc(&w->out, ')');
        break;
    case PATTERN_REPEAT: write_repetition(w, tree, head || tail); break;
    case PATTERN_LINE_START: buf_addc(&w->out, '^'); break;
    case PATTERN_LINE_END: buf_addc(&w->out, '$'); break;
    case PATTERN_BOUNDARY: buf_adds(&w->out, "\\b"); break;
    case PATTERN_NO_BOUNDARY: buf_adds(&w->out, "\\B"); break;
    }
}

/* The fewest bytes of a match. */
static size_t
least_bytes(const PatternTree *tree)
{
    size_t bytes = 0;
    switch (tree->kind) {
    case PATTERN_SET: return 1;
    case PATTERN_SEQUENCE:
        for (const PatternTree *each = tree->child; each; each = each->next)
            bytes += least_bytes(each);
        return bytes;
    case PATTERN_CHOICE:
        bytes = SIZE_MAX;
        for (const PatternTree *each = tree->child; each; each = each->next) {
            size_t own = least_bytes(each);
            bytes = own < bytes ? own : bytes;
        }
        return bytes;
    case PATTERN_REPEAT: return (size_t)tree->low * least_bytes(tree->child);
    case PATTERN_LINE_START:
    case PATTERN_LINE_END:
    case PATTERN_BOUNDARY:
    case PATTERN_NO_BOUNDARY: break;
    }
    return 0;
}

/* --- words --- */

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
pattern_form(Arena *arena, const Regex *regex, PatternForm *ret, Err *err)
{
    CLEANUP(cleanup_arena) Arena *scratch = arena_new(SIZE_MAX);
    Writer w = {.arena = arena, .out = BUF_INIT(64 * LIMIT_PATTERN_BYTES)};
    const PatternTree *tree = NULL;
    PatternForm form = {.expression = STR("")};
    if (!scratch)
        return err_nomem(err);
    TRY(pattern_tree(scratch, regex_translation(regex), &tree, err));
    if (!tree) {
        *ret = form;
        return ST_OK;
    }
    if (least_bytes(tree) > 0) {
        write_tree(&w, tree, true, true);
        form.expression = arena_str(arena, buf_str(&w.out));
    }
    Words words = words_of(&w, tree);
    Str *kept = ARENA_ARRAY(arena, Str, words.count);
    w.no_memory |= !kept || !form.expression.p || w.out.failed != ST_OK;
    buf_done(&w.out);
    if (w.no_memory)
        return err_nomem(err);
    for (size_t i = 0; i < words.count; i++)
        kept[i] = words.items[i];
    form.words = kept;
    form.word_count = words.count;
    *ret = form;
    return ST_OK;
}
