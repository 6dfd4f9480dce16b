/* SPDX-License-Identifier: Apache-2.0 */
/* rights.h -- which rights a plan needs, and the roles that grant those that are missing. */
#ifndef COLLECTOR_RIGHTS_H
#define COLLECTOR_RIGHTS_H

#include "collector/review.h"
#include "collector/run.h"

typedef VEC(Need) Needs;

/* What the captures of the plan will ask of this cluster, once each; discovery has ended. */
NODISCARD Status rights_needed(const Run *run, Needs *ret, Err *err);

size_t rights_missing(const Needs *needs);

/* The table of what is missing, as comments, and the roles to add with their bindings: all of
 * it is YAML that kubectl apply -f - takes.  user: as the API server names it; "" unknown. */
void rights_print(const Needs *needs, Str user, Buf *out);

#endif
