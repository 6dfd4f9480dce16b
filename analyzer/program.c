/* SPDX-License-Identifier: Apache-2.0 */
/* program.c -- what meshcase-analyze and meshcase-rules share. */
#include "analyzer/program.h"

#include "base/io.h"
#include "base/utf8.h"
#include "config.h"

#include <jansson.h>
#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int
program_fail(const char *program, const Err *err, int status)
{
    char text[1024];
    CLEANUP(buf_done) Buf line = BUF_INIT(16 << 10);
    err_format(err, text, sizeof text);
    utf8_escape_terminal(&line, str_of(text), false);
    (void)fprintf(stderr, "%s: %s\n", program, line.failed == ST_OK ? line.data : text);
    return status;
}

int
program_deliver(const char *program, const Buf *out, int status, int output_status)
{
    Err err = {0};
    if (out->n > 0)
        (void)!fwrite(out->data, 1, out->n, stdout);
    if (buf_status(out, &err) != ST_OK || io_finish_stdout(&err) != ST_OK)
        return program_fail(program, &err, output_status);
    return status;
}

bool
program_tell(const OptionSet *set, const OptionSet *const *sets, size_t count,
             const OptionResult *result, int usage_status, Buf *out, int *ret_status)
{
    Err err = {0};
    *ret_status = 0;
    if (result->help)
        options_help(set, out);
    else if (result->version)
        buf_printf(out, "%s %s\n", set->program, PACKAGE_VERSION);
    else if (result->man)
        options_man(sets, count, out);
    else if (!result->completion)
        return false;
    else if (options_completion(sets, count, result->completion, out, &err) != ST_OK)
        *ret_status = program_fail(set->program, &err, usage_status);
    return true;
}

void
program_begin(void)
{
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    json_object_seed(0);
    /* A reader that goes away is an error of writing, told like any other. */
    (void)signal(SIGPIPE, SIG_IGN);
}

/* What the variable names, else what lies below the link that the build makes beside the
 * programs and that is never installed, else what is installed. */
static Status
find_data(Arena *arena, const char *variable, const char *below_link, const char *installed,
          const char **ret, Err *err)
{
    const char *named = getenv(variable);
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    const char *found = named && *named ? named : NULL;
    if (!found && n > 0) {
        self[n] = '\0';
        char *slash = strrchr(self, '/');
        if (slash)
            *slash = '\0';
        const char *link = arena_printf(arena, "%s/rules.link%s", self, below_link);
        if (!link)
            return err_nomem(err);
        found = access(link, R_OK) == 0 ? link : NULL;
    }
    *ret = found ? found : installed;
    return ST_OK;
}

Status
program_rules_folder(Arena *arena, const char **ret, Err *err)
{
    return find_data(arena, "MESHCASE_RULES", "", PKGDATADIR "/rules", ret, err);
}

Status
program_plan_file(Arena *arena, const char **ret, Err *err)
{
    return find_data(arena, "MESHCASE_PLAN", "/../collector/plans/istio.yaml",
                     PKGDATADIR "/plans/istio.yaml", ret, err);
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
