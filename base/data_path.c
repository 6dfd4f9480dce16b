/* SPDX-License-Identifier: Apache-2.0 */
/* data_path.c -- where the files lie that a program brings along. */
#include "base/data_path.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *
beside_program(Arena *arena, const char *name)
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self);
    const char *slash = n > 0 ? memrchr(self, '/', (size_t)n) : NULL;
    return slash ? arena_printf(arena, "%.*s/%s", (int)(slash - self), self, name) : NULL;
}

Status
data_path(Arena *arena, const char *variable, const char *folder, const char *file,
          const char **ret, Err *err)
{
    const char *named = getenv(variable);
    if (named && *named) {
        *ret = named;
        return ST_OK;
    }
    char *link_name = arena_printf(arena, "%s.link", folder);
    const char *link = link_name ? beside_program(arena, link_name) : NULL;
    *ret = link && access(link, R_OK) == 0
               ? arena_printf(arena, "%s%s", link, file)
               : arena_printf(arena, "%s/%s%s", PKGDATADIR, folder, file);
    return *ret ? ST_OK : err_nomem(err);
}
