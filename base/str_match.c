/* SPDX-License-Identifier: Apache-2.0 */
/* str_match.c -- views of bytes: shell-style patterns and the nearest word. */
#include "base/str.h"

#include <string.h>

enum {
    PATTERN_MAX_BYTES = 4096,
    WORD_MAX_BYTES = 64,
};

typedef struct {
    Str pattern;
    bool stop_at_slash;
} Glob;

/* Whether the pattern at i is "**" (where that differs from "*"). */
static bool
is_deep_star(const Glob *glob, size_t i)
{
    return glob->stop_at_slash && str_starts(str_from(glob->pattern, i), STR("**"));
}

/* Switches state i on, and the states that are reached from it without a byte. */
static void
reach(const Glob *glob, bool *states, size_t i)
{
    while (!states[i]) {
        states[i] = true;
        if (i == glob->pattern.n || glob->pattern.p[i] != '*')
            return;
        bool folder = i == 0 || glob->pattern.p[i - 1] == '/';
        bool deep = is_deep_star(glob, i);
        i += deep ? 2 : 1;
        /* "**" as a whole folder stands for any number of them, none included. */
        if (deep && folder && i < glob->pattern.n && glob->pattern.p[i] == '/')
            states[i++] = true;
    }
}

static void
step(const Glob *glob, const bool *from, bool *to, char c)
{
    memset(to, 0, glob->pattern.n + 1);
    bool slash = glob->stop_at_slash && c == '/';
    for (size_t i = 0; i < glob->pattern.n; i++) {
        if (!from[i])
            continue;
        char wanted = glob->pattern.p[i];
        if (wanted == '*') {
            if (!slash || is_deep_star(glob, i))
                reach(glob, to, i);
        } else if (wanted == c || (wanted == '?' && !slash)) {
            reach(glob, to, i + 1);
        }
    }
}

bool
str_is_glob(Str text)
{
    size_t at;
    return str_find_char(text, '*', &at) || str_find_char(text, '?', &at);
}

bool
str_glob(Str pattern, Str text, bool stop_at_slash)
{
    bool states[2][PATTERN_MAX_BYTES + 1];
    Glob glob = {pattern, stop_at_slash};
    if (pattern.n > PATTERN_MAX_BYTES)
        return false;
    int now = 0;
    memset(states[now], 0, pattern.n + 1);
    reach(&glob, states[now], 0);
    for (size_t at = 0; at < text.n; at++) {
        step(&glob, states[now], states[1 - now], text.p[at]);
        now = 1 - now;
    }
    return states[now][pattern.n];
}

static char
fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edits (insert, drop, change, swap of neighbours) that turn a into b; case is free.
 * Both at most WORD_MAX_BYTES long. */
static size_t
edit_distance(Str a, Str b)
{
    size_t rows[3][WORD_MAX_BYTES + 1];
    for (size_t j = 0; j <= b.n; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3];
        const size_t *above2 = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            bool same = fold(a.p[i - 1]) == fold(b.p[j - 1]);
            row[j] = least(above[j - 1] + !same, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && fold(a.p[i - 1]) == fold(b.p[j - 2]) &&
                fold(a.p[i - 2]) == fold(b.p[j - 1]))
                row[j] = least(row[j], above2[j - 2] + 1);
        }
    }
    return rows[a.n % 3][b.n];
}

const char *
str_nearest(Str what, const char *const *candidates)
{
    const char *nearest = NULL;
    size_t nearest_edits = SIZE_MAX;
    if (what.n < 2 || what.n > WORD_MAX_BYTES)
        return NULL;
    size_t most = what.n < 3 ? 1 : what.n / 3;
    for (; *candidates; candidates++) {
        Str candidate = str_of(*candidates);
        if (candidate.n > WORD_MAX_BYTES)
            continue;
        size_t edits = edit_distance(what, candidate);
        if (edits <= most && edits < nearest_edits) {
            nearest = *candidates;
            nearest_edits = edits;
        }
    }
    return nearest;
}
