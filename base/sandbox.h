/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox.h -- gives up, for good, whatever a process does not need to compute.
 *
 * After sandbox_enter() the process can read and write the descriptors that it has, allocate
 * memory, start threads and end.  It cannot open a file, connect, start a program or process,
 * signal or trace another, or make memory executable:
 *
 *   limits     no core dump, no new file content, CPU seconds, address space; not dumpable
 *   Landlock   every right to the file system and to TCP ports that the kernel knows to
 *              restrict, for every path (but reading below the folders that are given)
 *   seccomp    a short table of system calls (sandbox_calls.def); any other kills the process,
 *              so that an attack shows as SIGSYS and not as an error to be tried around
 *
 * What libraries open on first use must have been used before: sandbox_prepare().  Where a build with sanitizers or coverage counters needs more calls than that,
 * sandbox_is_built() is false and only the limits are set. */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t address_bytes;     /* 0: no limit */
    uint64_t cpu_seconds;       /* 0: no limit */
    /* Folders: files and folders below them may be opened for reading. */
    const int *folder_fds;
    size_t folder_count;
    bool can_print;             /* write to files, and ask terminals what they are */
} SandboxSpec;

/* What the kernel granted. */
typedef struct {
    bool has_landlock;
    bool has_seccomp;
} SandboxState;

bool sandbox_is_built(void);
/* Has the C library read its locale (C.UTF-8) and time zone (UTC, for libarchive asks for local
 * times), and libcrypto its configuration.  At the start of a program.  ST_NOMEM. */
NODISCARD Status sandbox_prepare(Err *err);
/* ST_IO where a limit cannot be set: nothing is confined then.  What the kernel does not offer
 * is told by *ret, not by the status. */
NODISCARD Status sandbox_enter(const SandboxSpec *spec, SandboxState *ret, Err *err);

#endif
