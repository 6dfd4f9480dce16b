/* SPDX-License-Identifier: Apache-2.0 */
/* guard.h -- a child that must not outlive us, not even where we are killed.
 *
 * The program runs itself with a private word before the command; that process asks the
 * kernel for a signal at its parent's death and then becomes the command. */
#ifndef COLLECTOR_GUARD_H
#define COLLECTOR_GUARD_H

#include <stdbool.h>

/* argv of the guarded command begins with these two. */
#define GUARD_PROGRAM "/proc/self/exe"
#define GUARD_WORD "--guarded-command"

bool guard_is_asked(int argc, char **argv);
/* Becomes the command behind the word; returns 127 where that fails. */
int guard_run(char **argv);

#endif
