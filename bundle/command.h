/* SPDX-License-Identifier: Apache-2.0 */
/* command.h -- the subcommands of meshcase-bundle: one file and one table row each. */
#ifndef BUNDLE_COMMAND_H
#define BUNDLE_COMMAND_H

#include "base/options.h"
#include "bundle/reader.h"

typedef enum {
    EXIT_GOOD = 0,
    EXIT_FOUND = 1,          /* verify found something */
    EXIT_USAGE = 2,
    EXIT_UNREADABLE = 3,
    EXIT_OUTPUT = 6,
    EXIT_MEMORY = 75,
} BundleExit;

typedef struct {
    Arena *arena;
    void *settings;                  /* the command's struct, filled by its options */
    const OptionResult *operands;
    Buf *out;                        /* printed at the end */
} CommandCall;

typedef struct {
    const char *name;
    const OptionSet *options;
    size_t settings_bytes;
    /* Fills err where it does not return EXIT_GOOD or EXIT_FOUND. */
    BundleExit (*run)(const CommandCall *call, Err *err);
} Command;

extern const Command COMMAND_LIST;
extern const Command COMMAND_CAT;
extern const Command COMMAND_VERIFY;

#define COMMAND_EXIT_CODES                                    \
    "0  good\n"                                               \
    "1  verify or diff found something\n"                             \
    "2  wrong use\n"                                          \
    "3  the bundle, or a member, cannot be read\n"            \
    "6  the output could not be written\n"                    \
    "75 no memory\n"

/* Opens the first operand, whatever its members are called; the process is confined then. */
NODISCARD Status command_open(const CommandCall *call, Bundle **ret, Err *err);
/* EXIT_MEMORY for ST_NOMEM, EXIT_USAGE for ST_USAGE, else EXIT_UNREADABLE. */
BundleExit command_exit(Status status);
/* Of a stream the names of members are known once it was read: reads it, where it is one. */
NODISCARD Status command_learn_names(Bundle *bundle, Err *err);
/* One line on stderr for each problem. */
void command_print_problems(const Bundle *bundle);
/* "problems":[…] without a comma around it. */
void command_add_problems(const Bundle *bundle, Buf *out);
/* "bundle":{…} likewise. */
void command_add_bundle(const Bundle *bundle, Buf *out);
/* A problem in one line, safe for a terminal. */
void command_add_problem(const BundleProblem *problem, Buf *out);

#endif
