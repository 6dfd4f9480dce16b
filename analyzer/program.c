/* SPDX-License-Identifier: Apache-2.0 */
/* program.c -- what meshcase-analyze and meshcase-rules share. */
#include "analyzer/program.h"

#include "base/data_path.h"
#include "base/sandbox.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

void
program_begin(void)
{
    /* Where it fails the reader of a bundle dies later, which is told then. */
    (void)!sandbox_prepare(NULL);
    json_object_seed(0);
    /* A reader that goes away and a file that may not grow are errors of writing, told like any
     * other. */
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
}

Status
program_rules_folder(Arena *arena, const char **ret, Err *err)
{
    return data_path(arena, "MESHCASE_RULES", "rules", "", ret, err);
}

Status
program_plan_file(Arena *arena, const char **ret, Err *err)
{
    return data_path(arena, "MESHCASE_PLAN", "plans", "/istio.yaml", ret, err);
}

Status
program_load_rules(RuleSet *set, const OptionList *paths, Err *err)
{
    const char *folder;
    if (paths->count > 0) {
        for (size_t i = 0; i < paths->count; i++)
            TRY(rules_load(set, paths->items[i], err));
        return rules_finish(set, err);
    }
    TRY(program_rules_folder(set->arena, &folder, err));
    TRY(rules_load(set, folder, err));
    TRY(rules_finish(set, err));
    for (size_t i = 0; i < set->rules.count; i++)
        set->rules.items[i]->is_selected =
            set->rules.items[i]->status != STATUS_EXPERIMENTAL;
    return ST_OK;
}

void
program_complain(const char *program, const Diagnostics *diagnostics)
{
    for (size_t i = 0; i < diagnostics->items.count; i++) {
        const Diagnostic *one = &diagnostics->items.items[i];
        if (one->is_warning)
            continue;
        CLEANUP(buf_done) Buf line = BUF_INIT(16 << 10);
        diagnostic_write_line(one, &line);
        if (line.failed == ST_OK)
            (void)fprintf(stderr, "%s: %s", program, line.data);
    }
}

/* The locale itself stays C.UTF-8, so that what is read does not depend on it. */
bool
program_is_ascii(void)
{
    static const char *const VARIABLES[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    const char *name = NULL;
    for (size_t i = 0; i < sizeof VARIABLES / sizeof *VARIABLES && !(name && *name); i++)
        name = getenv(VARIABLES[i]);
    if (!name || !*name)
        return true;
    return !strcasestr(name, "utf-8") && !strcasestr(name, "utf8");
}

unsigned
program_width(int fd)
{
    struct winsize size;
    if (isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

bool
program_has_colour(int fd)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    if ((no_colour && *no_colour) || (terminal && strcmp(terminal, "dumb") == 0))
        return false;
    return isatty(fd) == 1;
}
