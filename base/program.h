/* SPDX-License-Identifier: Apache-2.0 */
/* program.h -- what the main file of every program does alike: errors, output, --help.
 *
 * The only part of base/ that prints, hence a library of its own, for main files alone. */
#ifndef BASE_PROGRAM_H
#define BASE_PROGRAM_H

#include "base/options.h"

/* Prints "PROGRAM: FILE:LINE:COL: text", safe for a terminal, and gives status back. */
int program_fail(const char *program, const Err *err, int status);
/* Writes out to standard output.  status, or output_status where that failed. */
int program_deliver(const char *program, const Buf *out, int status, int output_status);
/* --help, --version, --man and --completion: appends to out and gives true.
 * set: the program's or of the subcommand in use; sets: all of them.  *ret_status becomes
 * usage_status where the shell is unknown. */
bool program_tell(const OptionSet *set, const OptionSet *const *sets, size_t count,
                  const OptionResult *result, int usage_status, Buf *out, int *ret_status);
/* A first word that is none of names, which end with NULL; word: NULL where there is none.
 * Prints it and gives status back. */
int program_no_command(const char *program, const char *word, const char *const *names,
                       int status);

#endif
