/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_regex.c -- regular expressions: the first line is the pattern, the rest the text. */
#include "analyzer/query/regex.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(256 << 20);
    Str text = {(const char *)data, size};
    Str pattern;
    (void)str_cut(&text, '\n', &pattern);
    for (unsigned flags = 0; flags <= (REGEX_ANCHORED | REGEX_IGNORE_CASE); flags++) {
        const Regex *regex = NULL;
        Err err = {0};
        Status status = regex_compile(arena, pattern, flags, &regex, &err);
        LAW_ERR(status, err);
        if (status != ST_OK)
            return 0;
        RegexSpan spans[4];
        RegexResult result = regex_match(regex, text, 0, spans, 4);
        if (result == REGEX_FOUND) {
            LAW(spans[0].start <= spans[0].end && spans[0].end <= text.n);
            LAW(!(flags & REGEX_ANCHORED) || (spans[0].start == 0 && spans[0].end == text.n));
        }
    }
    return 0;
}
