/* SPDX-License-Identifier: Apache-2.0 */
/* pattern_tree.c -- reads the patterns that regex_syntax.c writes. */
#include "analyzer/query/pattern_tree.h"

#include "base/ascii.h"

#include <string.h>

typedef struct {
    Arena *arena;
    Str text;
    size_t at;
    bool ignore_case;
    bool failed;             /* not as it should be, or out of memory */
    bool no_memory;
    PatternTree none;        /* stands in where there is no memory */
} Reader;

/* What a class may match (over), and what it matches for sure (under): the complement of the
 * one is the other's. */
typedef struct {
    uint64_t over[2];
    uint64_t under[2];
    bool beyond;
} Set;

static PatternTree *read_choice(Reader *r);

static bool
looking_at(const Reader *r, const char *what)
{
    return str_starts(str_from(r->text, r->at), str_of(what));
}

static bool
take(Reader *r, const char *what)
{
    if (!looking_at(r, what))
        return false;
    r->at += strlen(what);
    return true;
}

static char
peek(const Reader *r)
{
    return r->at < r->text.n ? r->text.p[r->at] : '\0';
}

static PatternTree *
new_tree(Reader *r, PatternKind kind)
{
    PatternTree *tree = ARENA_NEW(r->arena, PatternTree);
    if (!tree) {
        r->failed = r->no_memory = true;
        r->none = (PatternTree){0};
        tree = &r->none;
    }
    tree->kind = kind;
    return tree;
}

/* --- sets --- */

static void
put(uint64_t bits[2], unsigned c)
{
    bits[c >> 6] |= UINT64_C(1) << (c & 63);
}

static void
add_code(Set *set, uint32_t code)
{
    if (code > 127) {
        set->beyond = true;
        return;
    }
    put(set->over, code);
    put(set->under, code);
}

static void
add_everything(Set *set)
{
    set->over[0] = set->over[1] = UINT64_MAX;
    set->beyond = true;
}

/* Classes of bytes by PCRE2's names for them. */
typedef enum {
    ALNUM, ALPHA, ASCII, BLANK, CNTRL, DIGIT, GRAPH, LOWER, PRINT, PUNCT, SPACE, UPPER, WORD, XDIGIT,
} Class;

static bool
holds(Class class, unsigned c)
{
    bool alnum = ascii_is_alnum((char)c);
    switch (class) {
    case ALNUM: return alnum;
    case ALPHA: return ascii_is_letter((char)c);
    case ASCII: return true;
    case BLANK: return c == ' ' || c == '\t';
    case CNTRL: return c < 32 || c == 127;
    case DIGIT: return ascii_is_digit((char)c);
    case GRAPH: return c > 32 && c < 127;
    case LOWER: return c >= 'a' && c <= 'z';
    case PRINT: return c >= 32 && c < 127;
    case PUNCT: return c > 32 && c < 127 && !alnum;
    case SPACE: return c == ' ' || (c >= '\t' && c <= '\r');
    case UPPER: return c >= 'A' && c <= 'Z';
    case WORD: return alnum || c == '_';
    case XDIGIT: return ascii_is_hex((char)c);
    }
    return false;
}

static void
add_class(Set *set, Class class, bool negated)
{
    for (unsigned c = 0; c < 128; c++)
        if (holds(class, c) != negated)
            add_code(set, c);
    set->beyond |= negated;
}

/* \d \D \w \W \s \S; at stands at the letter. */
static bool
add_perl_class(Reader *r, Set *set)
{
    switch (peek(r)) {
    case 'd': add_class(set, DIGIT, false); break;
    case 'D': add_class(set, DIGIT, true); break;
    case 'w': add_class(set, WORD, false); break;
    case 'W': add_class(set, WORD, true); break;
    case 's': add_class(set, SPACE, false); break;
    case 'S': add_class(set, SPACE, true); break;
    default: return false;
    }
    r->at++;
    return true;
}

static bool
add_posix_class(Reader *r, Set *set)
{
    static const char *const NAMES[] = {
        [ALNUM] = "alnum:]", [ALPHA] = "alpha:]", [ASCII] = "ascii:]", [BLANK] = "blank:]",
        [CNTRL] = "cntrl:]", [DIGIT] = "digit:]", [GRAPH] = "graph:]", [LOWER] = "lower:]",
        [PRINT] = "print:]", [PUNCT] = "punct:]", [SPACE] = "space:]", [UPPER] = "upper:]",
        [WORD] = "word:]",   [XDIGIT] = "xdigit:]",
    };
    if (!take(r, "[:"))
        return false;
    bool negated = take(r, "^");
    for (Class class = 0; class <= XDIGIT; class++)
        if (take(r, NAMES[class])) {
            add_class(set, class, negated);
            return true;
        }
    r->failed = true;
    return true;
}

/* \x{...}, \t, \n, \f, \r, \x20, \x0b; at stands behind the backslash. */
static uint32_t
read_code(Reader *r)
{
    static const char LETTERS[] = "tnfr";
    static const char CODES[] = "\t\n\f\r";
    const char *letter = peek(r) ? strchr(LETTERS, peek(r)) : NULL;
    if (letter) {
        r->at++;
        return (unsigned char)CODES[letter - LETTERS];
    }
    if (!take(r, "x")) {
        r->failed = true;
        return 0;
    }
    bool braces = take(r, "{");
    uint32_t code = 0;
    size_t digits = 0;
    for (int d; (digits < 2 || braces) && (d = ascii_hex_value(peek(r))) >= 0; r->at++, digits++)
        code = code * 16 + (uint32_t)d;
    r->failed |= digits == 0 || code > 0x10FFFF || (braces && !take(r, "}"));
    return code;
}

/* \p{...}: anything, for all that is known here. */
static bool
add_property(Reader *r, Set *set)
{
    size_t end;
    if (peek(r) != 'p' && peek(r) != 'P')
        return false;
    if (str_find_char(str_from(r->text, r->at), '}', &end))
        r->at += end + 1;
    else
        r->failed = true;
    add_everything(set);
    return true;
}

static void
add_range(Reader *r, Set *set)
{
    uint32_t low = read_code(r);
    uint32_t high = low;
    if (looking_at(r, "-\\x{")) {
        r->at += 2;
        high = read_code(r);
    }
    for (uint32_t c = low; c <= high && c < 128; c++)
        add_code(set, c);
    set->beyond |= high > 127;
}

/* Letters that differ in case alone; beyond ASCII, k and s have a third form. */
static void
fold_case(uint64_t bits[2])
{
    for (unsigned c = 'a'; c <= 'z'; c++) {
        unsigned upper = c - 32;
        if (bits[c >> 6] >> (c & 63) & 1)
            put(bits, upper);
        else if (bits[upper >> 6] >> (upper & 63) & 1)
            put(bits, c);
    }
}

static PatternTree *
tree_of_set(Reader *r, Set *set, bool negated)
{
    static const char TRIPLES[] = "kKsS";
    PatternTree *tree = new_tree(r, PATTERN_SET);
    if (r->ignore_case) {
        bool beyond = set->beyond;
        fold_case(set->under);
        for (const char *c = TRIPLES; *c; c++) {
            if (beyond)
                put(set->over, (unsigned char)*c);
            else if (set->over[1] >> ((unsigned char)*c & 63) & 1)
                set->beyond = true;
        }
        fold_case(set->over);
    }
    for (int i = 0; i < 2; i++)
        tree->ascii[i] = negated ? ~set->under[i] : set->over[i];
    tree->beyond = negated || set->beyond;
    return tree;
}

static PatternTree *
read_class(Reader *r)
{
    Set set = {0};
    bool negated = take(r, "^");
    while (!r->failed && !take(r, "]")) {
        if (add_posix_class(r, &set))
            continue;
        r->failed |= !take(r, "\\");
        if (!add_perl_class(r, &set) && !add_property(r, &set))
            add_range(r, &set);
    }
    return tree_of_set(r, &set, negated);
}

/* --- atoms --- */

static PatternTree *
tree_of_code(Reader *r, uint32_t code)
{
    Set set = {0};
    add_code(&set, code);
    PatternTree *tree = tree_of_set(r, &set, false);
    if (code > 127 && !r->ignore_case)
        tree->code = code;
    return tree;
}

static PatternTree *
read_escape(Reader *r)
{
    Set set = {0};
    switch (peek(r)) {
    case 'A': r->at++; return new_tree(r, PATTERN_LINE_START);
    case 'z': r->at++; return new_tree(r, PATTERN_LINE_END);
    case 'b': r->at++; return new_tree(r, PATTERN_BOUNDARY);
    case 'B': r->at++; return new_tree(r, PATTERN_NO_BOUNDARY);
    default: break;
    }
    if (add_perl_class(r, &set) || add_property(r, &set))
        return tree_of_set(r, &set, false);
    return tree_of_code(r, read_code(r));
}

/* Behind "(": the inside of a group, up to its ")". */
static PatternTree *
read_group(Reader *r)
{
    bool ignore_case = r->ignore_case;
    (void)take(r, "?:");
    PatternTree *tree = read_choice(r);
    r->failed |= !take(r, ")");
    r->ignore_case = ignore_case;
    return tree;
}

/* (?i), (?-i), (?U), (?-U): they hold to the end of the group. */
static bool
take_flags(Reader *r)
{
    if (take(r, "(?i)"))
        r->ignore_case = true;
    else if (take(r, "(?-i)"))
        r->ignore_case = false;
    else if (!take(r, "(?U)") && !take(r, "(?-U)"))
        return false;
    return true;
}

static PatternTree *
read_atom(Reader *r)
{
    if (take(r, "(?s:.)")) {
        Set all = {0};
        add_everything(&all);
        return tree_of_set(r, &all, false);
    }
    if (take(r, "(?:\\A|(?<=\\n))"))
        return new_tree(r, PATTERN_LINE_START);
    if (take(r, "(?=\\n|\\z)"))
        return new_tree(r, PATTERN_LINE_END);
    if (take(r, "("))
        return read_group(r);
    if (take(r, "["))
        return read_class(r);
    if (take(r, "\\"))
        return read_escape(r);
    char c = peek(r);
    r->failed |= !ascii_is_word(c);
    r->at++;
    return tree_of_code(r, (unsigned char)c);
}

static int
read_number(Reader *r)
{
    int number = 0;
    r->failed |= !ascii_is_digit(peek(r));
    for (; ascii_is_digit(peek(r)) && number < 10000; r->at++)
        number = number * 10 + (peek(r) - '0');
    return number;
}

static bool
read_count(Reader *r, int *ret_low, int *ret_high)
{
    *ret_low = 0;
    *ret_high = PATTERN_NO_END;
    if (take(r, "+")) {
        *ret_low = 1;
    } else if (take(r, "?")) {
        *ret_high = 1;
    } else if (take(r, "{")) {
        *ret_low = *ret_high = read_number(r);
        if (take(r, ","))
            *ret_high = peek(r) == '}' ? PATTERN_NO_END : read_number(r);
        r->failed |= !take(r, "}");
    } else if (!take(r, "*")) {
        return false;
    }
    (void)take(r, "?");      /* lazy */
    return true;
}

static PatternTree *
read_sequence(Reader *r)
{
    PatternTree *tree = new_tree(r, PATTERN_SEQUENCE);
    PatternTree **link = &tree->child;
    while (!r->failed && r->at < r->text.n && peek(r) != '|' && peek(r) != ')') {
        if (take_flags(r))
            continue;
        PatternTree *atom = read_atom(r);
        PatternTree *item = atom;
        int low;
        int high;
        if (read_count(r, &low, &high)) {
            item = new_tree(r, PATTERN_REPEAT);
            item->child = atom;
            item->low = low;
            item->high = high;
        }
        *link = item;
        link = &item->next;
    }
    return tree;
}

static PatternTree *
read_choice(Reader *r)
{
    PatternTree *first = read_sequence(r);
    if (r->failed || peek(r) != '|')
        return first;
    PatternTree *tree = new_tree(r, PATTERN_CHOICE);
    tree->child = first;
    for (PatternTree **link = &first->next; !r->failed && take(r, "|"); link = &(*link)->next)
        *link = read_sequence(r);
    return tree;
}

Status
pattern_tree(Arena *arena, Str translation, const PatternTree **ret, Err *err)
{
    Reader r = {.arena = arena, .text = translation};
    const PatternTree *tree = read_choice(&r);
    if (r.no_memory)
        return err_nomem(err);
    *ret = r.failed || r.at < r.text.n ? NULL : tree;
    return ST_OK;
}
