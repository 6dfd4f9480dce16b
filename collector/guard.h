/* SPDX-License-Identifier: Apache-2.0 */
/* guard.h -- a child that must not outlive us, not even where we are killed.
 *
 *     /proc/self/exe --guarded-command PARENT FOLDER COMMAND [ARG]...
 *
 * The program runs itself with a private word before the command; that process leads the
 * command's process group, asks the kernel for a signal at its parent's death, and then ends
 * the whole group: what the command has started, too.  When its parent died, it removes the
 * parent's temporary folder, which nobody else could do any more. */
#ifndef COLLECTOR_GUARD_H
#define COLLECTOR_GUARD_H

#include <stdbool.h>

#define GUARD_PROGRAM "/proc/self/exe"
#define GUARD_WORD "--guarded-command"

enum { GUARD_NO_COMMAND = 127 };

bool guard_is_asked(int argc, char **argv);
/* Runs the command behind the folder; returns its exit status, GUARD_NO_COMMAND where it cannot
 * be run. */
int guard_run(char **argv);

/* Removes the folder and all in it, on its own file system, following no link. */
void guard_remove_folder(const char *folder);

#endif
