/* SPDX-License-Identifier: Apache-2.0 */
/* test_finder.c -- what finders miss: every shipped pattern and many others, by every engine,
 * against trying each pattern on each record, line by line. */
#include "analyzer/query/log_scan.h"
#include "analyzer/query/pattern_tree.h"
#include "analyzer/query/pattern_words.h"
#include "base/cleanup.h"
#include "base/utf8.h"
#include "base/yaml.h"
#include "tests/unit/log_oracle.h"
#include "tests/unit/runner.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define TAKEN (INT64_C(1529020800) * 1000000000)

enum {
    REAL_BYTES = 12 << 20,       /* of real logs that are read; tens of megabytes cost minutes */
    PATTERNS_MOST = 2000,
};

/* Patterns that are hard on finders, each with what the shipped ones may lack. */
static const char *const HARD[] = {
    "x", "\\d+", "\\bfoo\\b", "^foo", "foo$", "^foo$", "(?m:^)bar", "bar(?m:$)", "foo.*bar", "foo(?s:.*)bar",
    "foo.*", ".*foo", "[^,]*foo", "foo[^\\n]{1,300}", "a{3}b{2,5}c{0,2}d", "(?:ab|cd){2,3}e", "foo|bar|qux",
    "(?i)straSSe", "(?i)kelvin", "(?i)[k-s]{3}x", "(?i:error)\\s+ADS", "\xc3\xa4\xc3\xb6", "[\xc3\xa4-\xc3\xbc]x",
    "\\p{L}+9", "\\pNx", "a.b", "a..b", "a[^x]{2}b", "[[:alpha:]]{4}7", "[[:^digit:]]7", "\\x00z", "\\Bar",
    "foo\\s+bar", "foo\\nbar", "\\A\\d{4}-", "z\\z", "(a|b|)c", "(?:a?b?)z", "(?U)a.*b", "\\Qa.b\\E", "w{0}v",
    "[\\s\\S]q", "[^\\W]q", "a{40}", "(?:\\d{1,3}\\.){3}\\d{1,3}", "(?:x|yy|zzz)+!", "\\b", "-?", "\\$",
    "caused by", "at some\\.place", "error\t.*code (?P<c>\\d+)", "(?:(?:ab)*c)+d", "\\w+\\W+\\w+!",
};

typedef struct {
    Arena *arena;
    VEC(Str) texts;
    VEC(const Regex *) regexes;
} Patterns;

static void
add_pattern(Patterns *patterns, Str text)
{
    Err err = {0};
    const Regex *regex;
    for (size_t i = 0; i < patterns->texts.count; i++)
        if (str_eq(patterns->texts.items[i], text))
            return;
    ck_assert_ok(regex_compile(patterns->arena, text, REGEX_MANY_MATCHES, &regex, &err), err);
    *VEC_PUSH(patterns->arena, &patterns->texts) = arena_str(patterns->arena, text);
    *VEC_PUSH(patterns->arena, &patterns->regexes) = regex;
}

static void
add_texts(Patterns *patterns, const Node *node)
{
    if (node->type == NODE_STRING)
        add_pattern(patterns, node->string);
    for (uint32_t i = 0; node->type == NODE_LIST && i < node->count; i++)
        add_texts(patterns, &node->items[i]);
}

/* Patterns below any "logs" of a rule file. */
static void
collect(Patterns *patterns, const Node *node)
{
    static const char *const KEYS[] = {"match", "not"};
    for (uint32_t i = 0; node->type == NODE_LIST && i < node->count; i++)
        collect(patterns, &node->items[i]);
    for (uint32_t i = 0; node->type == NODE_MAP && i < node->count; i++) {
        const Node *value = &node->pairs[i].value;
        for (size_t k = 0; k < 2 && str_is(node->pairs[i].key, "logs"); k++) {
            const Node *texts = node_get(value, str_of(KEYS[k]));
            if (texts)
                add_texts(patterns, texts);
        }
        collect(patterns, value);
    }
}

/* Calls fn for every file below the folder whose name ends so. */
static void
walk(const char *folder, const char *suffix, void (*fn)(void *context, const char *path),
     void *context)
{
    CLEANUP(cleanup_dir) DIR *dir = opendir(folder);
    for (const struct dirent *entry; dir && (entry = readdir(dir));) {
        char path[1024];
        struct stat about;
        if (entry->d_name[0] == '.')
            continue;
        ck_assert_int_lt(snprintf(path, sizeof path, "%s/%s", folder, entry->d_name), sizeof path);
        if (lstat(path, &about) != 0)
            continue;
        if (S_ISDIR(about.st_mode))
            walk(path, suffix, fn, context);
        else if (S_ISREG(about.st_mode) && str_ends(str_of(path), str_of(suffix)))
            fn(context, path);
    }
}

static void
read_file(const char *path, size_t most, Buf *out)
{
    CLEANUP(cleanup_file) FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    char piece[8192];
    size_t n;
    while (out->n < most && (n = fread(piece, 1, sizeof piece, file)) > 0)
        buf_add(out, piece, n);
}

static void
add_rule_file(void *context, const char *path)
{
    Patterns *patterns = context;
    CLEANUP(buf_done) Buf text = BUF_INIT(4 << 20);
    Err err = {0};
    const Node *node;
    if (strstr(path, "/tests/"))
        return;
    read_file(path, 4 << 20, &text);
    ck_assert_ok(yaml_parse_one(patterns->arena, buf_str(&text), path, &node, &err), err);
    collect(patterns, node);
}

static void
shipped_patterns(Patterns *patterns)
{
    char folder[1024];
    ck_assert_int_lt(snprintf(folder, sizeof folder, "%s/rules", unit_source_folder()),
                     sizeof folder);
    walk(folder, ".yaml", add_rule_file, patterns);
    ck_assert_uint_gt(patterns->texts.count, 40);
}

/* --- texts that patterns match --- */

static unsigned
next_random(unsigned *seed)
{
    *seed = *seed * 1103515245 + 12345;
    return *seed >> 8;
}

static void
write_set(const PatternTree *set, unsigned *seed, Buf *out)
{
    static const char *const BEYOND[] = {"\xc3\xa4", "\xe2\x84\xaa", "\xf0\x9f\x98\x80"};
    char bytes[4];
    if (set->code) {
        buf_add(out, bytes, utf8_encode(set->code, bytes));
        return;
    }
    if (set->beyond && next_random(seed) % 4 == 0) {
        buf_adds(out, BEYOND[next_random(seed) % 3]);
        return;
    }
    unsigned start = next_random(seed) % 96 + 32;
    for (unsigned i = 0; i < 128; i++) {
        unsigned c = (start + i) % 128;
        if (!pattern_set_has(set, c))
            continue;
        buf_addc(out, (char)c);
        return;
    }
    buf_adds(out, BEYOND[0]);
}

/* Something that the tree matches, as far as its anchors let it. */
static void
write_match(const PatternTree *tree, unsigned *seed, Buf *out)
{
    size_t count = 0;
    if (tree->kind == PATTERN_SET)
        write_set(tree, seed, out);
    for (const PatternTree *each = tree->child; each; each = each->next)
        count++;
    if (tree->kind == PATTERN_REPEAT) {
        int more = tree->high == PATTERN_NO_END ? 40 : tree->high - tree->low;
        int times = tree->low + (more ? (int)(next_random(seed) % (unsigned)(more + 1)) : 0);
        for (int i = 0; i < times && i < 400; i++)
            write_match(tree->child, seed, out);
    } else if (tree->kind == PATTERN_CHOICE) {
        const PatternTree *each = tree->child;
        for (size_t i = next_random(seed) % count; i > 0; i--)
            each = each->next;
        write_match(each, seed, out);
    } else {
        for (const PatternTree *each = tree->child; each; each = each->next)
            write_match(each, seed, out);
    }
}

/* Lines of all kinds around matches, whole and spoilt. */
static void
write_log(const Patterns *patterns, unsigned seed, Buf *log)
{
    static const char *const BEGIN[] = {
        "", "2018-06-14T08:03:01.123456Z\terror\tads\t", "2018-06-14T08:03:01.123456789Z ", "x ", "  ",
        "2018-06-14T08:03:01.123456789Z stdout F ", "2018-06-14T08:03:01.123456789Z stderr P ", "\xff",
    };
    static const char *const END[] = {"\n", " tail\n", "\r\n", "\n\n", "\n  at some.place\n", "\xfe\n", "."};
    Err err = {0};
    bool prefixed = seed % 2;
    for (size_t i = 0; i < patterns->regexes.count * 12; i++) {
        const PatternTree *tree = NULL;
        const Regex *regex = patterns->regexes.items[i % patterns->regexes.count];
        ck_assert_ok(pattern_tree(patterns->arena, regex_translation(regex), &tree, &err), err);
        ck_assert_msg(tree, "not understood: " STR_FMT, STR_ARG(regex_translation(regex)));
        buf_adds(log, BEGIN[prefixed ? 2 + 3 * (next_random(&seed) % 2) : next_random(&seed) % 8]);
        size_t start = log->n;
        write_match(tree, &seed, log);
        if (next_random(&seed) % 3 == 0 && log->n > start)
            log->data[start + next_random(&seed) % (log->n - start)] = (char)next_random(&seed);
        for (unsigned k = next_random(&seed) % 400 == 0 ? next_random(&seed) % 150000 : 0; k; k--)
            buf_addc(log, (char)('a' + k % 26));
        buf_adds(log, END[next_random(&seed) % 7]);
    }
    ck_assert_int_eq(log->failed, ST_OK);
}

/* --- by the plainest means --- */

/* "LINE PATTERN" of every pattern that matches a record, in order. */
typedef struct {
    const Patterns *patterns;
    Buf found;
} Oracle;

static Status
try_all(void *context, const LogRecord *record, Err *err)
{
    Oracle *oracle = context;
    (void)err;
    for (size_t i = 0; i < oracle->patterns->regexes.count; i++)
        if (regex_match(oracle->patterns->regexes.items[i], record->text, 0, NULL, 0) ==
            REGEX_FOUND)
            buf_printf(&oracle->found, "%u %zu\n", record->line, i);
    return ST_OK;
}

static void
find_plainly(const Patterns *patterns, Str log, Buf *found)
{
    Oracle oracle = {patterns, BUF_INIT(64 << 20)};
    Err err = {0};
    CLEANUP(cleanup_log_records) LogRecords *records = log_records_new(TAKEN, try_all, &oracle);
    ck_assert_ok(log_records_feed(records, log, &err), err);
    ck_assert_ok(log_records_end(records, &err), err);
    *found = oracle.found;
}

/* --- by finders --- */

/* A spec for each pattern, which keeps every hit. */
static const LogSpec *const *
specs_of(const Patterns *patterns)
{
    size_t count = patterns->regexes.count;
    const LogSpec **specs = arena_array(patterns->arena, count, sizeof *specs);
    for (size_t i = 0; i < count; i++) {
        LogSpec *spec = ARENA_NEW(patterns->arena, LogSpec);
        spec->match = ARENA_NEW(patterns->arena, LogPattern);
        spec->match->regex = patterns->regexes.items[i];
        spec->match_count = 1;
        spec->samples = 1;
        spec->window_ns = 1;
        specs[i] = spec;
    }
    return specs;
}

typedef struct {
    uint32_t line;
    size_t pattern;
} Hit;

static int
compare_hits(const void *a, const void *b)
{
    const Hit *x = a;
    const Hit *y = b;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return (x->pattern > y->pattern) - (x->pattern < y->pattern);
}

static void
print_hits(Arena *arena, LogHits *const *hits, size_t count, Buf *found)
{
    VEC(Hit) all = {0};
    for (size_t i = 0; i < count; i++)
        for (size_t t = 0; t < hits[i]->tuples.count; t++) {
            const LogTuple *tuple = &hits[i]->tuples.items[t];
            ck_assert_uint_eq(tuple->count, tuple->kept.count);
            for (size_t k = 0; k < tuple->kept.count; k++)
                *VEC_PUSH(arena, &all) = (Hit){tuple->kept.items[k].line, i};
        }
    if (all.count)
        qsort(all.items, all.count, sizeof *all.items, compare_hits);
    for (size_t i = 0; i < all.count; i++)
        buf_printf(found, "%u %zu\n", all.items[i].line, all.items[i].pattern);
}

static void
find_by(const Patterns *patterns, Str log, FinderEngine engine, Buf *found)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    size_t count = patterns->regexes.count;
    CLEANUP(cleanup_log_patterns) LogPatterns *numbered =
        log_patterns_new(specs_of(patterns), count, engine);
    CLEANUP(cleanup_log_scan) LogScan *scan = NULL;
    bool *wanted = ARENA_ARRAY(arena, bool, count);
    LogHits **hits = ARENA_ARRAY(arena, LogHits *, count);
    Err err = {0};
    memset(wanted, true, count);
    ck_assert_ptr_nonnull(numbered);
    ck_assert_ok(log_scan_new(arena, numbered, wanted, TAKEN, &scan, &err), err);
    for (Str rest = log; rest.n; rest = str_from(rest, 100000))
        ck_assert_ok(log_scan_feed(scan, str_head(rest, 100000), &err), err);
    ck_assert_ok(log_scan_end(scan, hits, &err), err);
    print_hits(arena, hits, count, found);
}

static void
ck_assert_same_hits(const Patterns *patterns, Str log, const char *what)
{
    static const FinderEngine ENGINES[] = {FINDER_WORDS, FINDER_VECTORSCAN};
    CLEANUP(buf_done) Buf expected = {0};
    find_plainly(patterns, log, &expected);
    ck_assert_uint_gt(expected.n, 0);
    for (size_t i = 0; i < sizeof ENGINES / sizeof *ENGINES; i++) {
        CLEANUP(buf_done) Buf found = BUF_INIT(64 << 20);
        find_by(patterns, log, ENGINES[i], &found);
        size_t same = 0;
        size_t line = 0;
        for (; same < found.n && same < expected.n && found.data[same] == expected.data[same]; same++)
            if (found.data[same] == '\n')
                line = same + 1;
        unsigned at_line = 0;
        size_t pattern = 0;
        if (line < expected.n)
            (void)sscanf(expected.data + line, "%u %zu", &at_line, &pattern);
        ck_assert_msg(found.n == expected.n && same == found.n,
                      "%s, engine %zu: got '%.20s', expected '%.20s' (line, pattern): " STR_FMT, what,
                      i, found.n ? found.data + line : "", expected.data + line,
                      STR_ARG(patterns->texts.items[pattern]));
    }
}

START_TEST(engines_find_what_patterns_match_in_made_logs)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(buf_done) Buf log = BUF_INIT(64 << 20);
    Patterns patterns = {.arena = arena};
    if (_i >= 4)
        shipped_patterns(&patterns);
    else
        for (size_t i = 0; i < sizeof HARD / sizeof *HARD; i++)
            add_pattern(&patterns, str_of(HARD[i]));
    write_log(&patterns, (unsigned)_i * 31 + 7, &log);
    ck_assert_same_hits(&patterns, buf_str(&log), "made");
}
END_TEST

static void
add_real_log(void *context, const char *path)
{
    Buf *log = context;
    if (strstr(path, "/logs/") || strstr(path, ".log"))
        read_file(path, log->n + REAL_BYTES / 8 < REAL_BYTES ? log->n + REAL_BYTES / 8 : REAL_BYTES,
                  log);
    if (log->n && log->data[log->n - 1] != '\n')
        buf_addc(log, '\n');
}

START_TEST(engines_find_what_shipped_patterns_match_in_real_logs)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(buf_done) Buf log = BUF_INIT(REAL_BYTES + (1 << 20));
    Patterns patterns = {.arena = arena};
    char folder[1024];
    const char *shared = unit_shared_folder();
    if (!shared)
        return;
    ck_assert_int_lt(snprintf(folder, sizeof folder, "%s/cases", shared), sizeof folder);
    walk(folder, ".log", add_real_log, &log);
    if (log.n == 0)
        return;
    shipped_patterns(&patterns);
    ck_assert_same_hits(&patterns, buf_str(&log), "real");
}
END_TEST

/* --- words --- */

static const struct {
    const char *pattern;
    const char *words;
} WORDS[] = {
    {"Failed: (?P<what>.{1,300})", "failed: "},
    {"^.*foo$", "foo"},
    {"fo{1,3}", ""},
    {"(?:abcd|efgh)+x", "abcd efgh"},
    {"(?:abcd|ef)x+y", ""},
    {"(?:abcd|ef)longer", "longer"},
    {"short and then .* something longer", " something longer"},
    {"ab(?:cd(?P<e>ef))g", "abcdefg"},
    {"\\b", ""},
    {"a*", ""},
    {"(?i)kid", ""},
    {"(?i)radio", "radio"},
    {"\xc3\xa4{2}bcd", "bcd"},
    {"\xc3\xa4\xc3\xb6", "\xc3\xa4\xc3\xb6"},
    {"(?:word)?", ""},
    {"(?:word){2}", "word"},
    {"(?:word){0}x", ""},
    {"one\\.two\\b", "one.two"},
};

START_TEST(words_are_those_that_every_match_holds)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(buf_done) Buf text = BUF_INIT(1000);
    const Regex *regex;
    PatternWords words;
    Err err = {0};
    ck_assert_ok(regex_compile(arena, str_of(WORDS[_i].pattern), 0, &regex, &err), err);
    ck_assert_ok(pattern_words(arena, regex, &words, &err), err);
    for (size_t i = 0; i < words.count; i++)
        buf_printf(&text, "%s" STR_FMT, i ? " " : "", STR_ARG(words.items[i]));
    ck_assert_str_view(buf_str(&text), WORDS[_i].words);
}
END_TEST

/* Occurrences of words by both searches: "WORD END". */
static bool
note_word(void *context, uint32_t pattern, size_t end)
{
    Arena *arena = ((void **)context)[0];
    VEC(Hit) *hits = ((void **)context)[1];
    *VEC_PUSH(arena, hits) = (Hit){(uint32_t)end, pattern};
    return true;
}

static void
words_in(Arena *arena, const Patterns *patterns, Str text, FinderEngine engine, Buf *out)
{
    CLEANUP(cleanup_finder) Finder *finder =
        finder_new(patterns->regexes.items, patterns->regexes.count, engine);
    VEC(Hit) hits = {0};
    void *context[] = {arena, &hits};
    FinderUse *use;
    Err err = {0};
    ck_assert_ok(finder_use(finder, &use, &err), err);
    ck_assert_ok(finder_scan(use, text, note_word, context, &err), err);
    ck_assert_str_eq(finder_engine_name(use), engine == FINDER_VECTORSCAN && finder_has_vectorscan()
                                                  ? "vectorscan" : "words");
    finder_unuse(use);
    if (hits.count)
        qsort(hits.items, hits.count, sizeof *hits.items, compare_hits);
    for (size_t i = 0; i < hits.count; i++)
        buf_printf(out, "%u %zu\n", hits.items[i].line, hits.items[i].pattern);
}

/* Words of every length, few and many, in texts of every length that begin at any address. */
START_TEST(searches_find_the_same_words_everywhere)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Patterns patterns = {.arena = arena};
    unsigned seed = (unsigned)_i * 7919 + 3;
    static const unsigned COUNTS[] = {1, 2, 5, 20, 70, 200, 700};
    for (unsigned i = COUNTS[_i % 7]; i > 0; i--) {
        char word[40];
        unsigned n = 3 + next_random(&seed) % (_i % 2 ? 30 : 5);
        for (unsigned k = 0; k < n; k++)
            word[k] = (char)("abcdeXYZ"[next_random(&seed) % (_i % 3 ? 8 : 3)]);
        add_pattern(&patterns, (Str){word, n});
    }
    for (size_t length = 0; length < 3000; length += 1 + length / 7) {
        CLEANUP(buf_done) Buf text = BUF_INIT(1 << 20);
        CLEANUP(buf_done) Buf expected = BUF_INIT(1 << 22);
        CLEANUP(buf_done) Buf found = BUF_INIT(1 << 22);
        while (text.n < length + 64) {
            Str word = patterns.texts.items[next_random(&seed) % patterns.texts.count];
            if (next_random(&seed) % 4 == 0)
                buf_add_str(&text, str_head(word, 1 + next_random(&seed) % word.n));
            else
                buf_addc(&text, "abcdexyz\n\xff"[next_random(&seed) % 10]);
        }
        Str piece = str_sub(buf_str(&text), next_random(&seed) % 64, length);
        words_in(arena, &patterns, piece, FINDER_WORDS, &expected);
        words_in(arena, &patterns, piece, FINDER_VECTORSCAN, &found);
        ck_assert(str_eq(buf_str(&found), buf_str(&expected)));
    }
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("finder");
    TCase *tcase = tcase_create("finder");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, words_are_those_that_every_match_holds, 0,
                        sizeof WORDS / sizeof *WORDS);
    tcase_add_loop_test(tcase, searches_find_the_same_words_everywhere, 0, 14);
    tcase_add_loop_test(tcase, engines_find_what_patterns_match_in_made_logs, 0, 8);
    tcase_add_test(tcase, engines_find_what_shipped_patterns_match_in_real_logs);
    suite_add_tcase(suite, tcase);
    return suite;
}
