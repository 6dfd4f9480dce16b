/* SPDX-License-Identifier: Apache-2.0 */
/* signals.h -- the first SIGINT or SIGTERM asks for an early end, the second gives up. */
#ifndef COLLECTOR_SIGNALS_H
#define COLLECTOR_SIGNALS_H

#include "base/status.h"

/* Installs the handlers, whatever was inherited; SIGPIPE, SIGXFSZ and SIGHUP are no end.
 * *ret_fd becomes readable with the first signal. */
NODISCARD Status signals_init(int *ret_fd, Err *err);
/* What the second signal must not leave behind.  NULL: none.  The strings must live on.
 * Commands end by their guards. */
void signals_cover_file(const char *file);
void signals_cover_folder(const char *folder, const char *socket);

#endif
