/* SPDX-License-Identifier: Apache-2.0 */
/* selector.h -- whether labels fit a selector: "a=b,c!=d,e in (f,g),h,!i". */
#ifndef COLLECTOR_SELECTOR_H
#define COLLECTOR_SELECTOR_H

#include "base/str.h"

typedef struct {
    Str key;
    Str value;
} Label;

/* "" selects everything; a malformed part selects nothing. */
bool selector_fits(Str selector, const Label *labels, size_t count);
/* ST_FORMAT tells what is wrong with it. */
NODISCARD Status selector_check(Str selector, Err *err);

#endif
