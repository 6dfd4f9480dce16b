/* SPDX-License-Identifier: Apache-2.0 */
/* forbidden.h -- keeps the promise that collecting changes nothing and shows no secret.
 *
 * Asked before every request, and of every path and command when a plan is loaded. */
#ifndef COLLECTOR_FORBIDDEN_H
#define COLLECTOR_FORBIDDEN_H

#include "base/str.h"

/* path: of a URL, with its query.  Percent signs that hide letters are seen through.
 * ST_UNSAFE with the reason. */
NODISCARD Status forbidden_path(Str path, Err *err);
/* Whole path of a request to the API server.  Also refused: Secrets, unless accept asks
 * for their metadata alone. */
NODISCARD Status forbidden_request(Str path, const char *accept, Err *err);
/* Only the commands of the bundle's table of probes and the GETs of forbidden.c. */
NODISCARD Status forbidden_command(const char *const *argv, Err *err);

#endif
