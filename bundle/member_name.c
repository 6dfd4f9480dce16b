/* SPDX-License-Identifier: Apache-2.0 */
/* member_name.c -- makes names of archives and folders safe, or refuses them. */
#include "base/limits.h"
#include "base/utf8.h"
#include "bundle/kind.h"

#include <string.h>

/* Characters that change how the text around them is shown, or that end lines. */
static bool
is_hidden_code(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x61c || code == 0x200e ||
           code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

static Status
check_text(Str raw, Err *err)
{
    size_t bad;
    if (raw.n == 0)
        return err_set(err, ST_UNSAFE, "an empty name");
    if (!utf8_valid(raw, &bad))
        return err_set(err, ST_UNSAFE, "a name that is not UTF-8 (byte %zu)", bad + 1);
    for (size_t at = 0; at < raw.n;) {
        uint32_t code;
        at += utf8_decode(raw, at, &code);
        if (is_hidden_code(code))
            return err_set(err, ST_UNSAFE, "a name with the control character U+%04X", code);
        if (code == '\\')
            return err_set(err, ST_UNSAFE, "a name with a backslash");
    }
    if (raw.p[0] == '/')
        return err_set(err, ST_UNSAFE, "an absolute name");
    if (raw.n >= 2 && raw.p[1] == ':' &&
        ((raw.p[0] >= 'A' && raw.p[0] <= 'Z') || (raw.p[0] >= 'a' && raw.p[0] <= 'z')))
        return err_set(err, ST_UNSAFE, "a name with a drive letter");
    return ST_OK;
}

static Status
check_component(Str component, Err *err)
{
    if (str_is(component, ".."))
        return err_set(err, ST_UNSAFE, "a name with '..'");
    char last = component.p[component.n - 1];
    if (last == ' ' || last == '.')
        return err_set(err, ST_UNSAFE, "a name with a component that ends in blank or dot");
    if (component.n > LIMIT_MEMBER_NAME_COMPONENT_BYTES)
        return err_set(err, ST_LIMIT, "a name with a component of %zu bytes", component.n);
    return ST_OK;
}

/* Walks the components that count; copies them to out where it is not NULL. */
static Status
walk(Str raw, char *out, size_t *ret_bytes, Err *err)
{
    size_t bytes = 0;
    size_t depth = 0;
    Str component;
    for (Str rest = raw; str_cut(&rest, '/', &component);) {
        if (component.n == 0 || str_is(component, "."))
            continue;
        TRY(check_component(component, err));
        if (++depth > LIMIT_MEMBER_NAME_DEPTH)
            return err_set(err, ST_LIMIT, "a name of more than %u components",
                           (unsigned)LIMIT_MEMBER_NAME_DEPTH);
        if (out && bytes)
            out[bytes] = '/';
        bytes += bytes != 0;
        if (out)
            memcpy(out + bytes, component.p, component.n);
        bytes += component.n;
    }
    *ret_bytes = bytes;
    return ST_OK;
}

Status
member_name_normalise(Arena *arena, Str raw, Str *ret, Err *err)
{
    /* before anything is walked: what is dropped must not make it long */
    if (raw.n > 2 * LIMIT_MEMBER_NAME_BYTES)
        return err_set(err, ST_LIMIT, "a name of %zu bytes", raw.n);
    TRY(check_text(raw, err));
    size_t bytes;
    TRY(walk(raw, NULL, &bytes, err));
    if (bytes == 0)
        return err_set(err, ST_UNSAFE, "an empty name");
    if (bytes > LIMIT_MEMBER_NAME_BYTES)
        return err_set(err, ST_LIMIT, "a name of %zu bytes", bytes);
    if (bytes == raw.n) {
        *ret = raw;
        return ST_OK;
    }
    char *copy = arena_alloc(arena, bytes + 1);
    if (!copy)
        return err_nomem(err);
    TRY(walk(raw, copy, &bytes, err));
    copy[bytes] = '\0';
    *ret = (Str){copy, bytes};
    return ST_OK;
}
