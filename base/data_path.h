/* SPDX-License-Identifier: Apache-2.0 */
/* data_path.h -- where the files lie that a program brings along. */
#ifndef BASE_DATA_PATH_H
#define BASE_DATA_PATH_H

#include "base/arena.h"

/* NAME in the folder of the running program, symbolic links followed; NULL where that folder
 * is not known or memory is short.  Lives in the arena. */
char *beside_program(Arena *arena, const char *name);

/* What the environment variable names; else, with file ("/FILE", or "" for the folder) behind
 * it, FOLDER.link beside the running program, which the build makes and never installs; else
 * FOLDER in the data folder of the installation, whether there is one or not.  ST_NOMEM. */
NODISCARD Status data_path(Arena *arena, const char *variable, const char *folder,
                           const char *file, const char **ret, Err *err);

#endif
