/* SPDX-License-Identifier: Apache-2.0 */
/* border.h -- finds where a long member may be cut: after a line, or after an item of a List.
 *
 * A cut anywhere is right; one at a border lets a reader work on a chunk without its
 * neighbours.  All bytes of the member pass through, in order. */
#ifndef BUNDLE_BORDER_H
#define BUNDLE_BORDER_H

#include "bundle/kind.h"

typedef struct {
    bool json;            /* commas between items; otherwise newlines */
    bool in_string;
    bool escaped;
    uint32_t depth;
    uint32_t lists;       /* bit i: level i + 1 is a list; of the outer 32 */
} Border;

Border border_of(MemberFormat format);
/* The number of bytes up to and with the first border at index from or later; bytes.n, and
 * *ret_found false, where there is none. */
size_t border_scan(Border *border, Str bytes, size_t from, bool *ret_found);

#endif
