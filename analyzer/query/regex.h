/* SPDX-License-Identifier: Apache-2.0 */
/* regex.h -- regular expressions in RE2's syntax and meaning, for CEL, PromQL and logs.
 *
 * A pattern is read by our own parser, which refuses whatever RE2 lacks (lookaround, back
 * references, atomic and possessive groups, recursion, callouts, comments, repetition over
 * 1,000 ...) with the place, and hands PCRE2 an equivalent that means the same in every
 * mode: '$' without (?m) is the end of the text, '.' is anything but \n, \d \w \s \b are
 * ASCII, \pN and \p{Greek} are Unicode.  Of several matches the leftmost is taken, and of
 * those the first alternative's, as in Perl and RE2.
 *
 *     TRY(regex_compile(arena, STR("(?P<code>[0-9]+) ms$"), 0, &regex, err));
 *     RegexSpan spans[2];
 *     if (regex_match(regex, line, 0, spans, 2) == REGEX_FOUND) ...
 *
 * Whatever pattern and text, a match ends: past LIMIT_REGEX_STEPS it is REGEX_LIMIT, which is
 * not "no match".  A Regex is immutable and may be used by several threads at once; the
 * scratch memory of matching belongs to the thread. */
#ifndef QUERY_REGEX_H
#define QUERY_REGEX_H

#include "base/arena.h"
#include "base/buf.h"

typedef struct Regex Regex;

enum {
    REGEX_ANCHORED = 1,         /* the whole text must match, and '.' takes \n: PromQL */
    REGEX_IGNORE_CASE = 2,
    REGEX_MANY_MATCHES = 4,     /* worth translating to machine code, see regex_done() */
};

/* pattern need not outlive the call.  ST_RULE with the column (1-based, code points) of what
 * is wrong; ST_LIMIT over LIMIT_PATTERN_BYTES or too deep; ST_NOMEM.  Without permission
 * to make machine code (a sandbox) REGEX_MANY_MATCHES changes nothing. */
NODISCARD Status regex_compile(Arena *arena, Str pattern, unsigned flags, const Regex **ret,
                               Err *err);
/* Gives machine code back before the end of the process; the rest is the arena's.  Needed
 * only where patterns with REGEX_MANY_MATCHES come and go.  NULL is nothing. */
void regex_done(const Regex *regex);

/* Groups, the whole match not counted; they are numbered from 1. */
size_t regex_group_count(const Regex *regex);
Str regex_group_name(const Regex *regex, size_t group);      /* "" for one without a name */
/* The number of a named group; 0 where there is none. */
size_t regex_group_find(const Regex *regex, Str name);

/* What PCRE2 was given: regex_syntax.c tells how it looks. */
Str regex_translation(const Regex *regex);

/* Bytes [start, end) of a text. */
typedef struct {
    size_t start;
    size_t end;
} RegexSpan;
#define REGEX_UNSET SIZE_MAX    /* start of a group that took no part in the match */

typedef enum {
    REGEX_NONE,
    REGEX_FOUND,
    REGEX_LIMIT,                /* given up: too much work or memory */
} RegexResult;

/* The first match that starts at or after byte from.  Bytes that are no UTF-8 match nothing; before
 * them '$' and \z hold, and behind them \A does, but a REGEX_ANCHORED pattern matches the whole
 * text or nothing.
 *   spans   the whole match, then the groups; at most span_count are filled, those the
 *           pattern lacks with REGEX_UNSET; may be NULL where span_count is 0; touched
 *           only by REGEX_FOUND */
RegexResult regex_match(const Regex *regex, Str text, size_t from, RegexSpan *spans,
                        size_t span_count);

/* Appends a pattern that matches exactly the text. */
void regex_quote(Str text, Buf *out);

#endif
