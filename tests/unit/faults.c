/* SPDX-License-Identifier: Apache-2.0 */
/* faults.c -- allocations that fail when a test wants it. */
#include "tests/unit/faults.h"

#include "tests/unit/runner.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

/* The sanitizers bring an allocator of their own. */
#if defined __SANITIZE_ADDRESS__
#define FAULTS 0
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define FAULTS 0
#endif
#endif
#ifndef FAULTS
#define FAULTS 1
#endif

static atomic_long until_failure = -1;    /* allocations that succeed; negative: all */
static atomic_long living;                /* blocks */
static atomic_bool failed;

#if FAULTS
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t n);
void *__libc_realloc(void *old, size_t n);
void __libc_free(void *block);

static bool
may_allocate(void)
{
    if (until_failure < 0 || until_failure-- > 0)
        return true;
    failed = true;
    errno = ENOMEM;
    return false;
}

void *
malloc(size_t n) /* stands before the C library's */
{
    void *block = may_allocate() ? __libc_malloc(n) : NULL;
    living += block != NULL;
    return block;
}

void *
calloc(size_t count, size_t n) /* stands before the C library's */
{
    void *block = may_allocate() ? __libc_calloc(count, n) : NULL;
    living += block != NULL;
    return block;
}

void *
realloc(void *old, size_t n) /* stands before the C library's */
{
    void *block = may_allocate() ? __libc_realloc(old, n) : NULL;
    living += block != NULL && old == NULL;
    return block;
}

void
free(void *block)
{
    living -= block != NULL;
    __libc_free(block);
}
#endif

void
faults_fail_each(const char *name, Status (*use)(void), bool may_succeed, bool keeps)
{
    long failures = 0;
    for (;; failures++) {
        failed = false;
        long before = living;
        until_failure = FAULTS ? failures : -1;
        Status status = use();
        until_failure = -1;
        long after = living;
        if (!failed) {
            ck_assert_msg(status == ST_OK, "%s: %s", name, status_name(status));
            break;
        }
        ck_assert_msg(status == ST_NOMEM || (status == ST_OK && may_succeed),
                      "%s, allocation %ld: %s", name, failures, status_name(status));
        ck_assert_msg(keeps || before == after, "%s, allocation %ld: %ld blocks leak", name,
                      failures, after - before);
    }
    ck_assert(!FAULTS || failures > 0);
}
