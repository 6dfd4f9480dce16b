/* SPDX-License-Identifier: Apache-2.0 */
/* border.c -- finds where a long member may be cut. */
#include "bundle/border.h"

#include <string.h>

enum { ITEM_DEPTH = 2 };      /* {"items":[item,item]} and [item,item] */

Border
border_of(MemberFormat format)
{
    return (Border){.json = format == MEMBER_FORMAT_LIST || format == MEMBER_FORMAT_JSON};
}

/* True after the comma between two items of an outer list. */
static bool
step(Border *border, char c)
{
    if (border->in_string) {
        if (border->escaped)
            border->escaped = false;
        else if (c == '\\')
            border->escaped = true;
        else if (c == '"')
            border->in_string = false;
        return false;
    }
    switch (c) {
    case '"':
        border->in_string = true;
        break;
    case '{':
    case '[':
        if (border->depth < 32)
            border->lists = (border->lists & ~(UINT32_C(1) << border->depth)) |
                            (uint32_t)(c == '[') << border->depth;
        border->depth++;
        break;
    case '}':
    case ']':
        border->depth -= border->depth > 0;
        break;
    case ',':
        return border->depth >= 1 && border->depth <= ITEM_DEPTH &&
               (border->lists >> (border->depth - 1) & 1);
    default:
        break;
    }
    return false;
}

size_t
border_scan(Border *border, Str bytes, size_t from, bool *ret_found)
{
    *ret_found = false;
    if (!border->json) {
        const char *newline =
            from < bytes.n ? memchr(bytes.p + from, '\n', bytes.n - from) : NULL;
        *ret_found = newline != NULL;
        return newline ? (size_t)(newline - bytes.p) + 1 : bytes.n;
    }
    for (size_t i = 0; i < bytes.n; i++) {
        if (step(border, bytes.p[i]) && i >= from) {
            *ret_found = true;
            return i + 1;
        }
    }
    return bytes.n;
}
