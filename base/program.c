/* SPDX-License-Identifier: Apache-2.0 */
/* program.c -- errors, output and --help of every program. */
#include "base/program.h"

#include "base/io.h"
#include "base/utf8.h"
#include "config.h"

#include <stdio.h>
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
    if (io_write(STDOUT_FILENO, out->data, out->n, &err) != ST_OK ||
        buf_status(out, &err) != ST_OK || io_finish_stdout(&err) != ST_OK)
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

int
program_no_command(const char *program, const char *word, const char *const *names, int status)
{
    Err err = {0};
    if (word) {
        const char *near = str_nearest(str_of(word), names);
        (void)!err_set(&err, ST_USAGE, "there is no command '%.60s'%s%s%s", word,
                       near ? "; did you mean '" : "; see --help", near ? near : "",
                       near ? "'?" : "");
        return program_fail(program, &err, status);
    }
    CLEANUP(buf_done) Buf list = BUF_INIT(1024);
    for (size_t i = 0; names[i]; i++)
        buf_printf(&list, "%s%s", i == 0 ? "" : names[i + 1] ? ", " : " or ", names[i]);
    (void)!err_set(&err, ST_USAGE, "a command is missing: %s; see --help",
                   list.failed == ST_OK ? list.data : "");
    return program_fail(program, &err, status);
}
