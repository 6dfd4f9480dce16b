/* SPDX-License-Identifier: Apache-2.0 */
/* cleanup.h -- release at the end of the scope: CLEANUP(cleanup_fd) int fd = -1;
 *
 * Each function takes the address of the variable, copes with "nothing owned", keeps errno and
 * leaves -1 or NULL, so that it can also be called early.  TAKE_FD and TAKE_PTR hand ownership
 * over and leave nothing behind. */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include "base/status.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline void
cleanup_fd(int *fd)
{
    int saved = errno;
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
    errno = saved;
}

static inline void
cleanup_file(FILE **file)
{
    int saved = errno;
    if (*file)
        (void)fclose(*file);
    *file = NULL;
    errno = saved;
}

static inline void
cleanup_dir(DIR **dir)
{
    int saved = errno;
    if (*dir)
        (void)closedir(*dir);
    *dir = NULL;
    errno = saved;
}

static inline void
cleanup_free(void *pointer)
{
    /* Copied: the variable may be of any pointer type. */
    void *owned;
    memcpy(&owned, pointer, sizeof owned);
    free(owned);
    owned = NULL;
    memcpy(pointer, &owned, sizeof owned);
}

static inline int
take_fd(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

#define TAKE_FD(fd) take_fd(&(fd))
#define TAKE_PTR(pointer)                     \
    __extension__({                           \
        __typeof__(pointer) taken_ = (pointer); \
        (pointer) = NULL;                     \
        taken_;                               \
    })

#endif
