/* SPDX-License-Identifier: Apache-2.0 */
/* test_options.c -- one table: the parser, --help, the manual page, shell completion. */
#include "base/io.h"
#include "base/options.h"
#include "base/subprocess.h"
#include "base/timestamp.h"
#include "base/utf8.h"
#include "tests/unit/runner.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    bool force;
    bool quiet;
    const char *output;
    OptionList rules;
    OptionList names;
    uint64_t jobs;
    uint64_t bytes;
    int64_t since;
    int64_t now;
    int format;
    bool secret;
} Settings;

static const char *const FORMATS[] = {"text", "json", "ndjson", NULL};

#define TO(member) .target = offsetof(Settings, member)

static const Option TABLE[] = {
    {"output", 'o', OPTION_TEXT, "FILE", "write the report to FILE", TO(output)},
    {"force", 'f', OPTION_FLAG, NULL, "replace FILE where it exists", TO(force)},
    {"quiet", 'q', OPTION_FLAG, NULL, "say nothing", TO(quiet)},
    {"rules", 'r', OPTION_LIST, "PATH", "rules: a [file] or a folder's files", TO(rules)},
    {"name", 0, OPTION_LIST, "NAME", "names", TO(names), .fallback = "all"},
    {"jobs", 'j', OPTION_COUNT, "N", "threads", TO(jobs), .fallback = "4"},
    {"max-bytes", 0, OPTION_SIZE, "SIZE",
     "a help text that is so long that it must be cut in two, and is", TO(bytes),
     .fallback = "10MiB"},
    {"since", 0, OPTION_DURATION, "DURATION", "age of the oldest log line", TO(since),
     .fallback = "24h"},
    {"now", 0, OPTION_TIME, "RFC3339", "today", TO(now)},
    {"format", 0, OPTION_CHOICE, "FORMAT", "form of the report", TO(format), .choices = FORMATS,
     .fallback = "json"},
    {"self-test", 0, OPTION_FLAG, NULL, "for tests", TO(secret), .hidden = true},
    {.name = NULL},
};

static const OptionSet SET = {
    .program = "meshcase-example",
    .usage = "[OPTION]... BUNDLE|DIRECTORY|-",
    .summary = "Read a bundle and say what is wrong with the mesh that it was taken from",
    .description = "A first paragraph that says more about the program than anybody who is in a "
                   "hurry wants to read.\n\n.A second one.\n  meshcase-example --force x\n\nEnd.",
    .exit_codes = "0  nothing found\n1  something found, which is a longer story than fits into "
                  "what is left of one line\n10  told",
    .options = TABLE,
    .min_operands = 1,
    .max_operands = 2,
};

/* Splits the line at spaces ('_' stands for an empty argument) and parses it. */
static Status
parse(Arena *arena, const OptionSet *set, const char *line, Settings *settings,
      OptionResult *result, Err *err)
{
    char **argv = ARENA_ARRAY(arena, char *, strlen(line) + 3);
    int argc = 0;
    argv[argc++] = arena_cstr(arena, STR("program"));
    Str rest = *line ? str_of(line) : (Str){NULL, 0};
    for (Str word; str_cut(&rest, ' ', &word);)
        argv[argc++] = arena_cstr(arena, str_is(word, "_") ? STR("") : word);
    return options_parse(set, argc, argv, arena, settings, result, err);
}

START_TEST(defaults_are_set)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Settings s;
    OptionResult result;
    Err err = {0};
    memset(&s, 0xff, sizeof s);
    ck_assert_ok(parse(arena, &SET, "bundle", &s, &result, &err), err);
    ck_assert(!s.force && !s.quiet && !s.secret);
    ck_assert_ptr_null(s.output);
    ck_assert_uint_eq(s.rules.count, 0);
    ck_assert_uint_eq(s.names.count, 1);
    ck_assert_str_eq(s.names.items[0], "all");
    ck_assert_uint_eq(s.jobs, 4);
    ck_assert_uint_eq(s.bytes, 10 << 20);
    ck_assert_int_eq(s.since, 86400 * NS_PER_S);
    ck_assert_int_eq(s.now, 0);
    ck_assert_int_eq(s.format, 1);
    ck_assert_uint_eq(result.operand_count, 1);
    ck_assert_str_eq(result.operands[0], "bundle");
}
END_TEST

static const char *const WHOLES[] = {
    "-o out -f -q --rules a --rules=b -r c -rd --name x --jobs 8 --max-bytes 1KiB --since=90s "
    "--now 1970-01-01T00:00:01Z --format ndjson --self-test b -",
    "b - --force --quiet -oout -r a -rb -r c --rules d --name=x -j8 --max-bytes=1024 "
    "--since 1m30s --now=1970-01-01T00:00:01Z --format=ndjson --self-test",
    "b -qfo out -ra -rb -rc -rd --name=x -j 8 --max-bytes=1KiB --since 90s "
    "--now=1970-01-01T01:00:01+01:00 --format=ndjson --self-test -- -",
};

START_TEST(every_option_arrives)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Settings s;
    OptionResult result;
    Err err = {0};
    ck_assert_ok(parse(arena, &SET, WHOLES[_i], &s, &result, &err), err);
    ck_assert(s.force && s.quiet && s.secret);
    ck_assert_str_eq(s.output, "out");
    ck_assert_uint_eq(s.rules.count, 4);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(s.rules.items[i][0], (int)('a' + i));
    ck_assert_uint_eq(s.names.count, 1);
    ck_assert_str_eq(s.names.items[0], "x");
    ck_assert_uint_eq(s.jobs, 8);
    ck_assert_uint_eq(s.bytes, 1024);
    ck_assert_int_eq(s.since, 90 * NS_PER_S);
    ck_assert_int_eq(s.now, NS_PER_S);
    ck_assert_int_eq(s.format, 2);
    ck_assert_uint_eq(result.operand_count, 2);
    ck_assert_str_eq(result.operands[1], "-");
    ck_assert(!result.help && !result.version && !result.man && !result.completion);
}
END_TEST

START_TEST(two_minuses_end_the_options)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Settings s;
    OptionResult result;
    Err err = {0};
    ck_assert_ok(parse(arena, &SET, "-- --force --", &s, &result, &err), err);
    ck_assert(!s.force);
    ck_assert_uint_eq(result.operand_count, 2);
    ck_assert_str_eq(result.operands[0], "--force");
    ck_assert_str_eq(result.operands[1], "--");
}
END_TEST

static const struct {
    const char *line;
    const char *error;
} WRONG[] = {
    {"", "an argument is missing; usage: meshcase-example [OPTION]... BUNDLE|DIRECTORY|-"},
    {"a b c", "unexpected argument 'c'"},
    {"b --outptu=x", "unknown option '--outptu'; did you mean '--output'?"},
    {"b --out x", "unknown option '--out'; did you mean '--output'?"},
    {"b --max=1", "unknown option '--max'; did you mean '--max-bytes'?"},
    {"b --hlep", "unknown option '--hlep'; did you mean '--help'?"},
    {"b --zzzzzz", "unknown option '--zzzzzz'"},
    {"b --=x", "unknown option '--'"},
    {"b --self-tset", "unknown option '--self-tset'"},
    {"b -x", "unknown option '-x'"},
    {"b -qx", "unknown option '-x'"},
    {"b --output", "option '--output' needs a value: FILE"},
    {"b -o", "option '--output' needs a value: FILE"},
    {"b -qo", "option '--output' needs a value: FILE"},
    {"b --output=", "option '--output': FILE is empty"},
    {"b --output _", "option '--output': FILE is empty"},
    {"b --rules=", "option '--rules': PATH is empty"},
    {"b -o x --output y", "option '--output' is given twice"},
    {"b -qq", "option '--quiet' is given twice"},
    {"b --force=yes", "option '--force' takes no value"},
    {"b --jobs=many", "option '--jobs': 'many' is not a number such as 8"},
    {"b --jobs=-1", "option '--jobs': '-1' is not a number such as 8"},
    {"b --max-bytes=10MB",
     "option '--max-bytes': '10MB' is not a size such as 512, 64KiB, 10MiB or 1GiB"},
    {"b --since=10", "option '--since': '10' is not a duration such as 90s, 10m or 24h"},
    {"b --since=-10s", "option '--since': '-10s' is not a duration such as 90s, 10m or 24h"},
    {"b --now=today", "option '--now': 'today' is not a time such as 2018-06-01T12:00:00Z"},
    {"b --format=jsno", "option '--format': unknown value 'jsno'; did you mean 'json'?"},
    {"b --format=pdf", "option '--format': 'pdf' is none of text, json, ndjson"},
    {"b --format=", "option '--format': '' is none of text, json, ndjson"},
};

START_TEST(wrong_use_is_explained)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Settings s;
    OptionResult result = {.operand_count = 77};
    Err err = {0};
    ck_assert_status(parse(arena, &SET, WRONG[_i].line, &s, &result, &err), ST_USAGE);
    ck_assert_str_eq(err.text, WRONG[_i].error);
    ck_assert_uint_eq(result.operand_count, 77);
}
END_TEST

START_TEST(built_in_options_end_the_parse)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Settings s;
    OptionResult result;
    Err err = {0};
    ck_assert_ok(parse(arena, &SET, "-h --nonsense", &s, &result, &err), err);
    ck_assert(result.help);
    ck_assert_ok(parse(arena, &SET, "--help", &s, &result, &err), err);
    ck_assert(result.help);
    ck_assert_ok(parse(arena, &SET, "--version", &s, &result, &err), err);
    ck_assert(result.version && !result.help);
    ck_assert_ok(parse(arena, &SET, "a b --man c", &s, &result, &err), err);
    ck_assert(result.man);
    ck_assert_ok(parse(arena, &SET, "--completion bash", &s, &result, &err), err);
    ck_assert_str_eq(result.completion, "bash");
    ck_assert_status(parse(arena, &SET, "--completion", &s, &result, &err), ST_USAGE);
}
END_TEST

START_TEST(a_table_may_be_absent_or_use_the_letter_h)
{
    static const Option WITH_H[] = {
        {"host", 'h', OPTION_FLAG, NULL, "a letter of its own", TO(force)}, {.name = NULL}};
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    OptionSet set = {.program = "p", .usage = "", .summary = "s", .max_operands = SIZE_MAX};
    Settings s;
    OptionResult result;
    Err err = {0};
    ck_assert_ok(parse(arena, &set, "a b c d", NULL, &result, &err), err);
    ck_assert_uint_eq(result.operand_count, 4);
    ck_assert_ok(parse(arena, &set, "-h", NULL, &result, &err), err);
    ck_assert(result.help);
    set.options = WITH_H;
    ck_assert_ok(parse(arena, &set, "-h", &s, &result, &err), err);
    ck_assert(!result.help && s.force);
    ck_assert_ok(options_parse(&set, 0, NULL, arena, &s, &result, &err), err);
}
END_TEST

START_TEST(a_wrong_default_is_told)
{
    static const Option WRONG_DEFAULT[] = {
        {"jobs", 'j', OPTION_COUNT, "N", "threads", TO(jobs), .fallback = "x"}, {.name = NULL}};
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    OptionSet set = {.program = "p", .usage = "", .summary = "s", .options = WRONG_DEFAULT};
    Settings s;
    OptionResult result;
    Err err = {0};
    ck_assert_status(parse(arena, &set, "", &s, &result, &err), ST_INTERNAL);
    ck_assert_str_eq(err.text, "default of option '--jobs': 'x' is not a number such as 8");
}
END_TEST

START_TEST(a_small_arena_is_told)
{
    CLEANUP(cleanup_arena) Arena *words = arena_new(SIZE_MAX);
    char *argv[] = {arena_cstr(words, STR("p")), arena_cstr(words, STR("-rx")),
                    arena_cstr(words, STR("--outptu"))};
    bool enough = false;
    for (size_t budget = 0; budget < 2000 && !enough; budget += 16) {
        CLEANUP(cleanup_arena) Arena *arena = arena_new(budget);
        Settings s;
        OptionResult result;
        Err err = {0};
        Status status = options_parse(&SET, 3, argv, arena, &s, &result, &err);
        ck_assert(status == ST_NOMEM || status == ST_INTERNAL || status == ST_USAGE);
        enough = str_ends(str_of(err.text), STR("did you mean '--output'?"));
    }
    ck_assert(enough);
}
END_TEST

static const char HELP[] =
    "Usage: meshcase-example [OPTION]... BUNDLE|DIRECTORY|-\n"
    "Read a bundle and say what is wrong with the mesh that it was taken from\n"
    "\n"
    "Options:\n"
    "  -o, --output=FILE       write the report to FILE\n"
    "  -f, --force             replace FILE where it exists\n"
    "  -q, --quiet             say nothing\n"
    "  -r, --rules=PATH        rules: a [file] or a folder's files (repeatable)\n"
    "      --name=NAME         names (repeatable; default all)\n"
    "  -j, --jobs=N            threads (default 4)\n"
    "      --max-bytes=SIZE    a help text that is so long that it must be cut in\n"
    "                          two, and is (default 10MiB)\n"
    "      --since=DURATION    age of the oldest log line (default 24h)\n"
    "      --now=RFC3339       today\n"
    "      --format=FORMAT     form of the report (text, json, ndjson; default json)\n"
    "  -h, --help              show this help\n"
    "      --version           show the version\n"
    "      --man               print the manual page, for man -l -\n"
    "      --completion=SHELL  print the completion script for bash, zsh or fish\n"
    "\n"
    "Exit status:\n"
    "  0   nothing found\n"
    "  1   something found, which is a longer story than fits into what is left of\n"
    "      one line\n"
    "  10  told\n"
    "\n"
    "A first paragraph that says more about the program than anybody who is in a\n"
    "hurry wants to read.\n"
    "\n"
    ".A second one.\n"
    "  meshcase-example --force x\n"
    "\n"
    "End.\n";

START_TEST(help_is_80_columns_wide)
{
    CLEANUP(buf_done) Buf out = BUF_INIT(100000);
    options_help(&SET, &out);
    ck_assert_str_view(buf_str(&out), HELP);
    Str rest = buf_str(&out);
    for (Str line; str_cut(&rest, '\n', &line);)
        ck_assert_uint_le(utf8_count(line), 80);
}
END_TEST

START_TEST(a_long_option_pushes_its_help_down)
{
    static const Option LONG[] = {
        {"an-option-with-a-very-long-name", 0, OPTION_TEXT, "FILE", "its help", TO(output)},
        {"k", 'k', OPTION_FLAG, NULL, "short", TO(force)},
        {.name = NULL}};
    OptionSet set = {.program = "p", .command = "c", .usage = "[X]", .summary = "s",
                     .options = LONG};
    CLEANUP(buf_done) Buf out = BUF_INIT(100000);
    options_help(&set, &out);
    ck_assert(str_starts(buf_str(&out),
                         STR("Usage: p c [X]\ns\n\nOptions:\n"
                             "      --an-option-with-a-very-long-name=FILE\n"
                             "                          its help\n"
                             "  -k, --k                 short\n")));
}
END_TEST

/* A program with subcommands. */
static const OptionSet WHOLE = {
    .program = "meshcase-many", .usage = "COMMAND [OPTION]...", .summary = "Do one of two things",
    .description = " an example first\n\nthen text", .exit_codes = "0  good", .max_operands = 1};
static const OptionSet LINT = {
    .program = "meshcase-many", .command = "lint", .usage = "[OPTION]... PATH...",
    .summary = "Check the \"rules\" of 'others'", .options = TABLE, .max_operands = SIZE_MAX,
    .description = "Checks.", .exit_codes = "1  bad"};
static const OptionSet LIST = {
    .program = "meshcase-many", .command = "list", .usage = "", .summary = "List: all"};
static const OptionSet *const ONE[] = {&SET};
static const OptionSet *const MANY[] = {&WHOLE, &LINT, &LIST};

static const char MAN_MANY[] =
    ".TH MESHCASE\\-MANY 1 \"\" \"meshcase 0.1.0\" \"User Commands\"\n"
    ".SH NAME\nmeshcase\\-many \\- Do one of two things\n"
    ".SH SYNOPSIS\n"
    "\\fBmeshcase\\-many\\fR COMMAND [OPTION]...\n.br\n"
    "\\fBmeshcase\\-many lint\\fR [OPTION]... PATH...\n.br\n"
    "\\fBmeshcase\\-many list\\fR \n"
    ".SH DESCRIPTION\n.PP\n.EX\n an example first\n.EE\n.PP\nthen text\n"
    ".SH OPTIONS\n.TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\nshow this help.\n";

/* Runs a program on the text as its file argument; what it prints. */
static void
run_on(const char *const *argv, const char *path, Str text, SubprocessResult *result)
{
    Err err = {0};
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ck_assert_ok(io_write(fd, text.p, text.n, &err), err);
    (void)close(fd);
    SubprocessSpec spec = {.argv = argv, .max_stdout_bytes = 100000, .max_stderr_bytes = 10000,
                           .timeout_ns = 10 * NS_PER_S};
    Status status = subprocess_run(&spec, result, &err);
    (void)unlink(path);
    ck_assert_msg(status == ST_OK, "%s", err.text);
}

static bool
have(const char *program)
{
    SubprocessSpec spec = {.argv = (const char *const[]){program, "--version", NULL},
                           .timeout_ns = 10 * NS_PER_S};
    SubprocessResult result;
    if (subprocess_run(&spec, &result, NULL) != ST_OK)
        return false;
    subprocess_result_done(&result);
    return true;
}

START_TEST(the_manual_page_is_as_expected)
{
    CLEANUP(buf_done) Buf out = BUF_INIT(100000);
    options_man(MANY, 3, &out);
    ck_assert_str_view(str_head(buf_str(&out), sizeof MAN_MANY - 1), MAN_MANY);
    ck_assert_ptr_nonnull(strstr(out.data, ".SS lint\nCheck the \"rules\" of 'others'.\n.PP\n"
                                           "Checks.\n.TP\n\\fB\\-o\\fR, \\fB\\-\\-output\\fR="));
    ck_assert(str_ends(buf_str(&out), STR(".SH EXIT STATUS\n.TP\n\\fB0\\fR\ngood\n")));
    buf_clear(&out);
    options_man(ONE, 1, &out);
    ck_assert_ptr_nonnull(strstr(out.data, "\n.PP\n\\&.A second one.\n.PP\n.EX\n"
                                           "  meshcase\\-example \\-\\-force x\n.EE\n.PP\nEnd.\n"));
    ck_assert_ptr_null(strstr(out.data, "self"));
}
END_TEST

START_TEST(the_manual_page_is_accepted_by_mandoc)
{
    char path[64];
    CLEANUP(buf_done) Buf out = BUF_INIT(100000);
    SubprocessResult result;
    if (!have("mandoc"))
        return;    /* checked where it is installed */
    options_man(_i ? MANY : ONE, _i ? 3 : 1, &out);
    (void)snprintf(path, sizeof path, "/tmp/test_options.%d.1", (int)getpid());
    run_on((const char *const[]){"mandoc", "-T", "lint", "-W", "error", path, NULL}, path,
           buf_str(&out), &result);
    ck_assert_str_view(buf_str(&result.out), "");
    ck_assert_int_eq(result.exit_code, 0);
    subprocess_result_done(&result);
}
END_TEST

static const char *const SHELLS[] = {"bash", "zsh", "fish"};

START_TEST(completion_scripts_are_sound)
{
    char path[64];
    Err err = {0};
    SubprocessResult result;
    CLEANUP(buf_done) Buf out = BUF_INIT(100000);
    const char *shell = SHELLS[_i % 3];
    ck_assert_ok(options_completion(_i < 3 ? ONE : MANY, _i < 3 ? 1 : 3, shell, &out, &err), err);
    ck_assert_ok(buf_status(&out, &err), err);
    ck_assert_ptr_null(strstr(out.data, "self-test"));
    if (!have(shell))
        return;    /* checked where it is installed */
    (void)snprintf(path, sizeof path, "/tmp/test_options.%d.%s", (int)getpid(), shell);
    run_on((const char *const[]){shell, "-n", path, NULL}, path, buf_str(&out), &result);
    ck_assert_str_view(buf_str(&result.err), "");
    ck_assert_int_eq(result.exit_code, 0);
    subprocess_result_done(&result);
}
END_TEST

START_TEST(other_shells_have_no_completion)
{
    CLEANUP(buf_done) Buf out = BUF_INIT(1000);
    Err err = {0};
    ck_assert_status(options_completion(ONE, 1, "csh", &out, &err), ST_USAGE);
    ck_assert_str_eq(err.text, "no completion for shell 'csh': bash, zsh or fish");
    ck_assert_uint_eq(out.n, 0);
}
END_TEST

/* What bash would offer for the last of the words; those of a program with commands after '+'. */
static const struct {
    const char *words;
    const char *offered;
} BASH[] = {
    {"meshcase-example --fo", "--force --format "},
    {"meshcase-example --format n", "ndjson "},
    {"meshcase-example --format = j", "json "},
    {"meshcase-example --format = ", "text json ndjson "},
    {"meshcase-example --output --f", ""},
    {"meshcase-example -o --f", ""},
    {"meshcase-example bund", ""},
    {"meshcase-example a --ver", "--version "},
    {"meshcase-many l", "lint list "},
    {"meshcase-many --h", "--help "},
    {"meshcase-many lint --fo", "--force --format "},
    {"meshcase-many lint --format t", "text "},
    {"meshcase-many lint fi", ""},
    {"meshcase-many list --fo", ""},
};

START_TEST(bash_offers_what_fits)
{
    char path[64];
    Err err = {0};
    SubprocessResult result;
    CLEANUP(buf_done) Buf out = BUF_INIT(100000);
    bool many = str_starts(str_of(BASH[_i].words), STR("meshcase-many"));
    if (!have("bash"))
        return;    /* checked where it is installed */
    ck_assert_ok(options_completion(many ? MANY : ONE, many ? 3 : 1, "bash", &out, &err), err);
    buf_printf(&out, "IFS=' '; text='%s'; read -ra COMP_WORDS <<< \"$text\"\n"
                     "[[ $text == *' ' ]] && COMP_WORDS+=('')\n"
                     "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
                     "unset IFS; _%s\n"
                     "for word in \"${COMPREPLY[@]}\"; do printf '%%s ' \"$word\"; done\n",
               BASH[_i].words, many ? "meshcase_many" : "meshcase_example");
    (void)snprintf(path, sizeof path, "/tmp/test_options.%d.sh", (int)getpid());
    run_on((const char *const[]){"bash", path, NULL}, path, buf_str(&out), &result);
    ck_assert_str_view(buf_str(&result.err), "");
    ck_assert_str_view(buf_str(&result.out), BASH[_i].offered);
    subprocess_result_done(&result);
}
END_TEST

#define LOOP(test, table) \
    tcase_add_loop_test(tcase, test, 0, (int)(sizeof(table) / sizeof *(table)))

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("options");
    TCase *tcase = tcase_create("options");
    tcase_add_test(tcase, defaults_are_set);
    LOOP(every_option_arrives, WHOLES);
    tcase_add_test(tcase, two_minuses_end_the_options);
    LOOP(wrong_use_is_explained, WRONG);
    tcase_add_test(tcase, built_in_options_end_the_parse);
    tcase_add_test(tcase, a_table_may_be_absent_or_use_the_letter_h);
    tcase_add_test(tcase, a_wrong_default_is_told);
    tcase_add_test(tcase, a_small_arena_is_told);
    tcase_add_test(tcase, help_is_80_columns_wide);
    tcase_add_test(tcase, a_long_option_pushes_its_help_down);
    tcase_add_test(tcase, the_manual_page_is_as_expected);
    tcase_add_loop_test(tcase, the_manual_page_is_accepted_by_mandoc, 0, 2);
    tcase_add_loop_test(tcase, completion_scripts_are_sound, 0, 6);
    tcase_add_test(tcase, other_shells_have_no_completion);
    LOOP(bash_offers_what_fits, BASH);
    suite_add_tcase(suite, tcase);
    return suite;
}
