/* SPDX-License-Identifier: Apache-2.0 */
/* command_cat.c -- meshcase-bundle cat: members on standard output. */
#include "base/io.h"
#include "base/utf8.h"
#include "bundle/command.h"

#include <stdio.h>
#include <unistd.h>

enum { LINE_BYTES = 64 * 1024 };

typedef struct {
    bool unused;
} Settings;

static const Option OPTIONS[] = {
    {.name = NULL},
};

static const OptionSet CAT_OPTIONS = {
    .program = "meshcase-bundle",
    .command = "cat",
    .usage = "BUNDLE|DIRECTORY|- MEMBER...",
    .summary = "print members of a bundle",
    .description = "MEMBER is a name as list prints it, or a pattern: * and ? do not match a "
                   "slash, ** does. Members come in the order of the bundle. To a terminal "
                   "control characters are printed as \\x1b and the like, otherwise bytes are "
                   "printed as they are.",
    .exit_codes = COMMAND_EXIT_CODES,
    .options = OPTIONS,
    .min_operands = 2,
    .max_operands = SIZE_MAX,
};

typedef struct {
    const OptionResult *operands;    /* the first is the bundle */
    bool *matched;                   /* by operand */
    bool terminal;
    bool output_failed;
    bool cut;
    Buf line;                        /* of what goes to a terminal */
} Cat;

static bool
on_want(void *context, const Member *member)
{
    Cat *cat = context;
    bool wanted = false;
    for (size_t i = 1; i < cat->operands->operand_count; i++) {
        Str pattern = str_of(cat->operands->operands[i]);
        if (str_eq(pattern, member->name) || str_glob(pattern, member->name, true))
            cat->matched[i] = wanted = true;
    }
    return wanted;
}

static Status
put(Cat *cat, Str bytes, Err *err)
{
    Status status = io_write(STDOUT_FILENO, bytes.p, bytes.n, err);
    cat->output_failed |= status != ST_OK;
    return status;
}

static Status
put_line(Cat *cat, bool newline, Err *err)
{
    CLEANUP(buf_done) Buf safe = BUF_INIT(16 * LINE_BYTES);
    utf8_escape_terminal(&safe, buf_str(&cat->line), true);
    if (newline)
        buf_addc(&safe, '\n');
    buf_clear(&cat->line);
    TRY(buf_status(&safe, err));
    return put(cat, buf_str(&safe), err);
}

/* Line by line, since a newline is what alone may go to a terminal as it is. */
static Status
put_safely(Cat *cat, Str bytes, Err *err)
{
    while (bytes.n) {
        size_t newline;
        bool ends = str_find_char(bytes, '\n', &newline);
        Str part = str_head(ends ? str_head(bytes, newline) : bytes, LINE_BYTES - cat->line.n);
        ends = ends && part.n == newline;
        buf_add_str(&cat->line, part);
        TRY(buf_status(&cat->line, err));
        if (ends || cat->line.n == LINE_BYTES)
            TRY(put_line(cat, ends, err));
        bytes = str_from(bytes, part.n + ends);
    }
    return ST_OK;
}

static Status
on_data(void *context, const Member *member, Str bytes, Err *err)
{
    Cat *cat = context;
    (void)member;
    return cat->terminal ? put_safely(cat, bytes, err) : put(cat, bytes, err);
}

static Status
on_end(void *context, const Member *member, MemberEnd how, Err *err)
{
    Cat *cat = context;
    (void)member;
    cat->cut |= how == MEMBER_CUT;
    return cat->line.n ? put_line(cat, false, err) : ST_OK;
}

static BundleExit
check_matches(const Cat *cat, Err *err)
{
    for (size_t i = 1; i < cat->operands->operand_count; i++) {
        if (cat->matched[i])
            continue;
        (void)!err_set(err, ST_NOT_FOUND, "no member '%s'; see: meshcase-bundle list %s",
                       cat->operands->operands[i], cat->operands->operands[0]);
        return EXIT_UNREADABLE;
    }
    return EXIT_GOOD;
}

static BundleExit
run(const CommandCall *call, Err *err)
{
    CLEANUP(cleanup_bundle) Bundle *bundle = NULL;
    Cat cat = {.operands = call->operands, .terminal = isatty(STDOUT_FILENO) == 1,
               .matched = ARENA_ARRAY(call->arena, bool, call->operands->operand_count),
               .line = BUF_INIT(LINE_BYTES)};
    BundleVisitor visitor = {&cat, on_want, on_data, on_end};
    if (!cat.matched)
        return command_exit(err_nomem(err));
    Status status = command_open(call, &bundle, err);
    if (status == ST_OK)
        status = bundle_scan(bundle, &visitor, err);
    buf_done(&cat.line);
    if (cat.output_failed)
        return EXIT_OUTPUT;
    if (status != ST_OK)
        return command_exit(status);
    command_print_problems(bundle);
    if (cat.cut) {
        (void)!err_set(err, ST_FORMAT, "%s: a member was cut", bundle_name(bundle));
        return EXIT_UNREADABLE;
    }
    return check_matches(&cat, err);
}

const Command COMMAND_CAT = {"cat", &CAT_OPTIONS, sizeof(Settings), run};
