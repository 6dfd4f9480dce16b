/* SPDX-License-Identifier: Apache-2.0 */
/* inject.c -- preloaded by tests: one call fails, or all from one on, or moves one byte at a time.
 *
 * $FAULT_CALL: malloc (and its kin), read, write, fsync or rename.  $FAULT_AT: which one, from 0
 * on, in each process.  $FAULT_ERRNO: its errno; 0 makes reads and writes short instead.
 * $FAULT_FROM: all from there on fail. */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *wanted;
static long fail_at;
static int fail_errno;
static bool fail_on;
static atomic_long calls;

__attribute__((constructor)) static void
begin(void)
{
    const char *at = getenv("FAULT_AT");
    const char *number = getenv("FAULT_ERRNO");
    fail_at = at ? strtol(at, NULL, 10) : 0;
    fail_errno = number ? (int)strtol(number, NULL, 10) : EIO;
    fail_on = getenv("FAULT_FROM") != NULL;
    wanted = getenv("FAULT_CALL");
}

/* Whether this call of that name is the one. */
static bool
is_due(const char *name)
{
    if (!wanted || strcmp(wanted, name) != 0)
        return false;
    long call = calls++;
    return fail_on ? call >= fail_at : call == fail_at;
}

static bool
fails(const char *name)
{
    if (!is_due(name))
        return false;
    errno = fail_errno;
    return true;
}

/* OpenSSL 3.0 locks with what it did not get when memory runs out while it starts (EVP_MD_fetch with
 * a lock that is NULL), before anything foreign was read.  That is not ours to mend: its
 * allocations succeed. */
static bool
allocation_fails(const void *caller)
{
    Dl_info from;
    if (!wanted || strcmp(wanted, "malloc") != 0)
        return false;
    if (dladdr(caller, &from) && from.dli_fname && strstr(from.dli_fname, "libcrypto"))
        return false;
    return fails("malloc");
}

/* The C library's own, and what stands before them. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t n);
void *__libc_realloc(void *old, size_t n);

void *
malloc(size_t n) /* stands before the C library's */
{
    return allocation_fails(__builtin_return_address(0)) ? NULL : __libc_malloc(n);
}

void *
calloc(size_t count, size_t n) /* stands before the C library's */
{
    return allocation_fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, n);
}

void *
realloc(void *old, size_t n) /* stands before the C library's */
{
    return allocation_fails(__builtin_return_address(0)) ? NULL : __libc_realloc(old, n);
}

#define NEXT(type, name) type *next = (type *)dlsym(RTLD_NEXT, name)

typedef ssize_t ReadFunction(int fd, void *out, size_t n);
ssize_t
read(int fd, void *out, size_t n)
{
    NEXT(ReadFunction, "read");
    if (!is_due("read"))
        return next(fd, out, n);
    if (fail_errno == 0)
        return next(fd, out, n > 1 ? 1 : n);
    errno = fail_errno;
    return -1;
}

typedef ssize_t WriteFunction(int fd, const void *bytes, size_t n);
ssize_t
write(int fd, const void *bytes, size_t n)
{
    NEXT(WriteFunction, "write");
    if (!is_due("write"))
        return next(fd, bytes, n);
    if (fail_errno == 0)
        return next(fd, bytes, n > 1 ? 1 : n);
    errno = fail_errno;
    return -1;
}

typedef int FdFunction(int fd);
int
fsync(int fd)
{
    NEXT(FdFunction, "fsync");
    return fails("fsync") ? -1 : next(fd);
}

typedef int RenameFunction(const char *from, const char *to);
int
rename(const char *from, const char *to)
{
    NEXT(RenameFunction, "rename");
    return fails("rename") ? -1 : next(from, to);
}
