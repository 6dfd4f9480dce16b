/* SPDX-License-Identifier: Apache-2.0 */
/* guard.h -- a child that must not outlive us, not even where we are killed.
 *
 * The program runs itself with a private word before the command; that process leads the
 * command's process group, asks the kernel for a signal at its parent's death, and then ends
 * the whole group: what the command has started, too. */
#ifndef COLLECTOR_GUARD_H
#define COLLECTOR_GUARD_H

#include <stdbool.h>

/* argv of the guarded command begins with these two. */
#define GUARD_PROGRAM "/proc/self/exe"
#define GUARD_WORD "--guarded-command"

bool guard_is_asked(int argc, char **argv);
/* Runs the command behind the word; returns its exit status, 127 where it cannot be run. */
int guard_run(char **argv);

#endif
