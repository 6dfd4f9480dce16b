/* SPDX-License-Identifier: Apache-2.0 */
/* redact_check.c -- regular expressions and known values over the members of a bundle. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "collector/redact_check.h"

#include "base/cleanup.h"
#include "bundle/reader.h"
#include "collector/redact_check_lines.h"

#include <pcre2.h>
#include <string.h>

enum {
    WINDOW_BYTES = 256 << 10,
    OVERLAP_BYTES = 4 << 10,       /* no detector needs more */
    REASON_BYTES = 160,
};

static const struct {
    const char *name;
    const char *pattern;
} CHECKS[] = {
#define CHECK(name, pattern) {name, pattern},
#include "collector/redact_checks.def"
#undef CHECK
};
enum { CHECK_COUNT = sizeof CHECKS / sizeof *CHECKS };

typedef struct {
    pcre2_code *codes[CHECK_COUNT];
    pcre2_match_data *match;
    const LiteralSet *literals;
    LiteralScan scan;              /* of the member that is read */
    bool scanning;
    KeyLines lines;
    Buf window;
    uint64_t line;                 /* of the window's first byte */
    const char *found;             /* name of the detector; NULL: nothing yet */
    uint64_t found_line;
    char member[REASON_BYTES];     /* where */
} Checker;

static void
cleanup_checker(Checker *checker)
{
    for (int i = 0; i < CHECK_COUNT; i++)
        pcre2_code_free(checker->codes[i]);
    pcre2_match_data_free(checker->match);
    if (checker->scanning)
        literal_scan_done(&checker->scan);
    buf_done(&checker->window);
}

static Status
compile(Checker *checker, Err *err)
{
    for (int i = 0; i < CHECK_COUNT; i++) {
        int code;
        PCRE2_SIZE at;
        checker->codes[i] = pcre2_compile((PCRE2_SPTR)CHECKS[i].pattern, PCRE2_ZERO_TERMINATED,
                                          PCRE2_NEVER_UTF, &code, &at, NULL);
        if (!checker->codes[i])
            return err_set(err, ST_INTERNAL, "detector '%s' does not compile at %zu",
                           CHECKS[i].name, at);
        (void)pcre2_jit_compile(checker->codes[i], PCRE2_JIT_COMPLETE);
    }
    checker->match = pcre2_match_data_create(1, NULL);
    return checker->match ? ST_OK : err_nomem(err);
}

static uint64_t
lines_in(Str s)
{
    uint64_t lines = 0;
    for (size_t at; str_find_char(s, '\n', &at); s = str_from(s, at + 1))
        lines++;
    return lines;
}

static Status
search(Checker *checker, Str text, Err *err)
{
    for (int i = 0; i < CHECK_COUNT && !checker->found; i++) {
        int count = pcre2_match(checker->codes[i], (PCRE2_SPTR)text.p, text.n, 0, 0,
                                checker->match, NULL);
        if (count == PCRE2_ERROR_NOMATCH)
            continue;
        if (count < 0)
            return err_set(err, ST_INTERNAL, "detector '%s' failed: %d", CHECKS[i].name, count);
        size_t at = pcre2_get_ovector_pointer(checker->match)[0];
        checker->found = CHECKS[i].name;
        checker->found_line = checker->line + lines_in(str_head(text, at));
    }
    return ST_OK;
}

static Status
drop(void *context, const char *bytes, size_t n, Err *err)
{
    (void)context;
    (void)bytes;
    (void)n;
    (void)err;
    return ST_OK;
}

static void
on_literal(void *context, uint64_t line, size_t value_bytes)
{
    Checker *checker = context;
    (void)value_bytes;
    if (checker->found)
        return;
    checker->found = "literal";
    checker->found_line = line;
}

static void
begin(Checker *checker)
{
    if (checker->scanning)
        return;
    literal_scan_init(&checker->scan, checker->literals, drop, NULL, on_literal, checker);
    checker->scanning = true;
    checker->lines = (KeyLines){0};
    checker->line = 1;
    buf_clear(&checker->window);
}

static void
look_for_lines(Checker *checker, Str bytes)
{
    uint64_t line = key_lines_feed(&checker->lines, bytes);
    if (line && !checker->found) {
        checker->found = "key-lines";
        checker->found_line = line;
    }
}

static Status
feed(Checker *checker, Str bytes, Err *err)
{
    begin(checker);
    TRY(literal_scan_feed(&checker->scan, bytes.p, bytes.n, err));
    look_for_lines(checker, bytes);
    while (bytes.n > 0) {
        Str part = str_head(bytes, WINDOW_BYTES - checker->window.n);
        buf_add_str(&checker->window, part);
        bytes = str_from(bytes, part.n);
        TRY(buf_status(&checker->window, err));
        if (checker->window.n < WINDOW_BYTES)
            continue;
        TRY(search(checker, buf_str(&checker->window), err));
        size_t done = WINDOW_BYTES - OVERLAP_BYTES;
        checker->line += lines_in(str_head(buf_str(&checker->window), done));
        buf_consume(&checker->window, done);
    }
    return ST_OK;
}

static Status
finish(Checker *checker, Str name, Err *err)
{
    begin(checker);
    look_for_lines(checker, STR("\n"));
    TRY(search(checker, buf_str(&checker->window), err));
    TRY(literal_scan_end(&checker->scan, err));
    literal_scan_done(&checker->scan);
    checker->scanning = false;
    if (!checker->found)
        return ST_OK;
    (void)snprintf(checker->member, sizeof checker->member, "%.*s", STR_ARG(name));
    return ST_END;
}

static Status
on_data(void *context, const Member *member, Str bytes, Err *err)
{
    (void)member;
    return feed(context, bytes, err);
}

static Status
on_end(void *context, const Member *member, MemberEnd how, Err *err)
{
    if (how == MEMBER_CUT)
        return err_set(err, ST_IO, "the bundle cannot be read back");
    return finish(context, member->name, err);
}

/* A name that is secret itself is not told. */
static Status
check_names(Checker *checker, Bundle *bundle, Err *err)
{
    size_t count;
    const Member *const *members = bundle_members(bundle, &count);
    for (size_t i = 0; i < count; i++) {
        TRY(feed(checker, members[i]->name, err));
        TRY(feed(checker, STR("\n"), err));
    }
    return finish(checker, STR("the names of members"), err);
}

static Status
check_bundle(Checker *checker, Bundle *bundle, Err *err)
{
    BundleVisitor visitor = {.context = checker, .data = on_data, .end = on_end};
    TRY(bundle_scan(bundle, &visitor, err));
    if (bundle_problems(bundle)->count)
        return err_set(err, ST_IO, "the bundle cannot be read back");
    return check_names(checker, bundle, err);
}

Status
redact_check(const LiteralSet *literals, int fd, const char *name, Err *err)
{
    CLEANUP(cleanup_checker) Checker checker = {.literals = literals};
    CLEANUP(cleanup_bundle) Bundle *bundle = NULL;
    CLEANUP(cleanup_fd) int copy = dup(fd);
    checker.window = BUF_INIT(WINDOW_BYTES);
    if (copy < 0 || lseek(copy, 0, SEEK_SET) != 0)
        return err_errno(err, ST_IO, "read the bundle back");
    TRY(compile(&checker, err));
    TRY(bundle_open_fd(copy, name, &(BundleOptions){.any_names = true, .no_index = true}, &bundle,
                       err));
    copy = -1;
    Status status = check_bundle(&checker, bundle, err);
    if (!checker.found)
        return status;
    err_clear(err);
    return err_set(err, ST_UNSAFE,
                   "the bundle is withheld: detector '%s' finds a secret in %s, line %llu, that "
                   "redaction left there; please report this",
                   checker.found, checker.member, (unsigned long long)checker.found_line);
}
