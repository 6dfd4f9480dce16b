/* SPDX-License-Identifier: Apache-2.0 */
/* limits.h -- LIMIT_<NAME> for every row of limits.def, as uint64_t constants. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#include <stdint.h>

#define LIMIT(name, value, reason) \
    static const uint64_t LIMIT_##name __attribute__((unused)) = (value);
#include "base/limits.def"
#undef LIMIT

#endif
