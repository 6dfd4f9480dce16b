/* SPDX-License-Identifier: Apache-2.0 */
/* status.c -- how functions fail. */
#define STATUS_C
#include "base/status.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    const char *sentence;
} STATUSES[ST_COUNT] = {
#define STATUS(name, sentence) [ST_##name] = {#name, sentence},
#include "base/status.def"
#undef STATUS
};

const char *
status_name(Status status)
{
    return (unsigned)status < ST_COUNT ? STATUSES[status].name : "UNKNOWN";
}

const char *
status_sentence(Status status)
{
    return (unsigned)status < ST_COUNT ? STATUSES[status].sentence : "unknown status";
}

void
err_clear(Err *err)
{
    if (err)
        memset(err, 0, sizeof *err);
}

static int
err_is_free(const Err *err)
{
    return err && err->status == ST_OK;
}

/* Errors are one line on the terminal, whatever their parts held. */
static void
flatten(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = ' ';
}

static void PRINTF_LIKE(6, 0)
fill(Err *err, Status status, const char *file, unsigned line, unsigned column,
     const char *format, va_list args)
{
    err->status = status;
    err->line = line;
    err->column = column;
    (void)snprintf(err->file, sizeof err->file, "%s", file ? file : "");
    (void)vsnprintf(err->text, sizeof err->text, format, args);
    flatten(err->file);
    flatten(err->text);
}

Status
err_set(Err *err, Status status, const char *format, ...)
{
    if (err_is_free(err)) {
        va_list args;
        va_start(args, format);
        fill(err, status, NULL, 0, 0, format, args);
        va_end(args);
    }
    return status;
}

Status
err_at(Err *err, Status status, const char *file, unsigned line, unsigned column,
       const char *format, ...)
{
    if (err_is_free(err)) {
        va_list args;
        va_start(args, format);
        fill(err, status, file, line, column, format, args);
        va_end(args);
    }
    return status;
}

Status
err_errno(Err *err, Status status, const char *format, ...)
{
    int errnum = errno;
    if (errnum == ENOMEM)
        status = ST_NOMEM;
    if (err_is_free(err)) {
        va_list args;
        va_start(args, format);
        fill(err, status, NULL, 0, 0, format, args);
        va_end(args);
        err->errnum = errnum;
        size_t used = strlen(err->text);
        (void)snprintf(err->text + used, sizeof err->text - used, ": %s", strerror(errnum));
    }
    return status;
}

Status
err_nomem(Err *err)
{
    return err_set(err, ST_NOMEM, "%s", status_sentence(ST_NOMEM));
}

void
err_format(const Err *err, char *out, size_t size)
{
    char where[300] = "";
    if (err->file[0] && err->line && err->column)
        (void)snprintf(where, sizeof where, "%s:%u:%u: ", err->file, err->line, err->column);
    else if (err->file[0] && err->line)
        (void)snprintf(where, sizeof where, "%s:%u: ", err->file, err->line);
    else if (err->file[0])
        (void)snprintf(where, sizeof where, "%s: ", err->file);
    (void)snprintf(out, size, "%s%s", where,
                   err->text[0] ? err->text : status_sentence(err->status));
}
