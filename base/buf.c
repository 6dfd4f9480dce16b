/* SPDX-License-Identifier: Apache-2.0 */
/* buf.c -- a growing buffer, born with a maximum. */
#include "base/buf.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 64 };

static void
release(char *data, size_t capacity, bool secret)
{
    if (data && secret)
        explicit_bzero(data, capacity);
    free(data);
}

void
buf_done(Buf *buf)
{
    release(buf->data, buf->capacity, buf->secret);
    *buf = (Buf){.max_bytes = buf->max_bytes, .secret = buf->secret};
}

void
buf_clear(Buf *buf)
{
    if (buf->data && buf->secret)
        explicit_bzero(buf->data, buf->capacity);
    buf->n = 0;
    buf->failed = ST_OK;
    if (buf->data)
        buf->data[0] = '\0';
}

/* Moves to a larger block.  A secret must not be left behind by realloc(). */
static bool
grow(Buf *buf, size_t capacity)
{
    char *data;
    if (buf->secret) {
        data = malloc(capacity);
        if (data && buf->n)
            memcpy(data, buf->data, buf->n);
        if (data)
            release(buf->data, buf->capacity, true);
    } else {
        data = realloc(buf->data, capacity);
    }
    if (!data)
        return false;
    buf->data = data;
    buf->capacity = capacity;
    buf->data[buf->n] = '\0';
    return true;
}

char *
buf_reserve(Buf *buf, size_t n)
{
    if (buf->failed != ST_OK)
        return NULL;
    /* One byte more than the text is for the NUL. */
    if (buf->n > buf->max_bytes || n > buf->max_bytes - buf->n || n >= SIZE_MAX - buf->n) {
        buf->failed = ST_LIMIT;
        return NULL;
    }
    size_t wanted = buf->n + n + 1;
    if (wanted > buf->capacity) {
        size_t capacity = buf->capacity ? buf->capacity : FIRST_CAPACITY;
        while (capacity < wanted)
            capacity = capacity > SIZE_MAX / 2 ? wanted : capacity * 2;
        if (capacity > buf->max_bytes && wanted <= buf->max_bytes)
            capacity = buf->max_bytes < SIZE_MAX ? buf->max_bytes + 1 : SIZE_MAX;
        if (!grow(buf, capacity)) {
            buf->failed = ST_NOMEM;
            return NULL;
        }
    }
    return buf->data + buf->n;
}

void
buf_add(Buf *buf, const void *bytes, size_t n)
{
    char *room = buf_reserve(buf, n);
    if (!room)
        return;
    if (n)
        memcpy(room, bytes, n);
    buf->n += n;
    buf->data[buf->n] = '\0';
}

void
buf_add_str(Buf *buf, Str s)
{
    buf_add(buf, s.p, s.n);
}

void
buf_adds(Buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

void
buf_addc(Buf *buf, char c)
{
    buf_add(buf, &c, 1);
}

void
buf_printf(Buf *buf, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (length < 0) {
        if (buf->failed == ST_OK)
            buf->failed = ST_NOMEM;
        return;
    }
    size_t n = (size_t)length;
    if (n < sizeof text) {
        buf_add(buf, text, n);
    } else {
        char *room = buf_reserve(buf, n);
        if (room) {
            va_start(args, format);
            (void)vsnprintf(room, n + 1, format, args);
            va_end(args);
            buf->n += n;
        }
    }
    if (buf->secret)
        explicit_bzero(text, sizeof text);
}

void
buf_add_double(Buf *buf, double value)
{
    if (isnan(value)) {
        buf_adds(buf, "NaN");
        return;
    }
    if (isinf(value)) {
        buf_adds(buf, value < 0 ? "-Inf" : "+Inf");
        return;
    }
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, value);
        /* A program may have set the locale: the decimal point is ours. */
        for (char *c = text; *c; c++)
            if (!strchr("0123456789+-e", *c))
                *c = '.';
        double back;
        if (str_to_double(str_of(text), &back) && back >= value && back <= value)
            break;
    }
    buf_adds(buf, text);
}

void
buf_consume(Buf *buf, size_t n)
{
    if (!buf->data)
        return;
    if (n > buf->n)
        n = buf->n;
    memmove(buf->data, buf->data + n, buf->n - n);
    buf->n -= n;
    if (buf->secret)
        explicit_bzero(buf->data + buf->n, n);
    buf->data[buf->n] = '\0';
}

Str
buf_str(const Buf *buf)
{
    return (Str){buf->data ? buf->data : "", buf->n};
}

Status
buf_status(const Buf *buf, Err *err)
{
    if (buf->failed == ST_OK)
        return ST_OK;
    if (buf->failed == ST_NOMEM)
        return err_nomem(err);
    return err_set(err, buf->failed, "more than %zu bytes", buf->max_bytes);
}
