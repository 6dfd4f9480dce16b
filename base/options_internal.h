/* SPDX-License-Identifier: Apache-2.0 */
/* options_internal.h -- what the parser and the voices of an option table share. */
#ifndef BASE_OPTIONS_INTERNAL_H
#define BASE_OPTIONS_INTERNAL_H

#include "base/options.h"

/* The options that every program has; their targets lie in OptionResult. */
extern const Option OPTIONS_BUILTIN[];

/* Walks over what is shown: the set's options but the hidden ones, then the built-in ones.
 * before: NULL for the first.  NULL at the end. */
const Option *option_next(const OptionSet *set, const Option *before);

/* Appends the help with what the table knows besides: "help (text, json; default text)". */
void option_add_help(const Option *option, Buf *out);

/* Whether the option's value is a file name. */
bool option_takes_file(const Option *option);

#endif
