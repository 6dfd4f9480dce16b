/* SPDX-License-Identifier: Apache-2.0 */
/* subprocess.h -- runs a program: argv array, no shell, bounded output, a deadline.
 *
 * The child gets standard input from /dev/null, its own process group, closed descriptors,
 * default signals, and is killed (SIGTERM, after 2 s SIGKILL, the whole group) at the
 * deadline, on cancellation and when its owner is released.  What is left of its group when it
 * ends is killed, too; what had left the group is not waited for.
 *
 * Starting costs no copy of the process.  Where SIGCHLD is ignored it is set to its default,
 * since exit codes would be lost. */
#ifndef BASE_SUBPROCESS_H
#define BASE_SUBPROCESS_H

#include "base/buf.h"

#include <sys/types.h>

typedef struct {
    const char *const *argv;         /* argv[0] is looked up in PATH; ends with NULL */
    const char *const *env;          /* ends with NULL; NULL: inherit */
    int64_t timeout_ns;              /* 0: none */
    size_t max_stdout_bytes;         /* more: the rest is read and dropped, truncated set */
    size_t max_stderr_bytes;         /* more: the last bytes are kept */
    int cancel_fd;                   /* readable or closed at its other end: stop; 0, -1: none */
} SubprocessSpec;

typedef struct {
    int exit_code;                   /* 128 + signal where one ended it */
    bool timed_out;
    bool cancelled;
    bool truncated;                  /* standard output was longer */
    Buf out;
    Buf err;
} SubprocessResult;

void subprocess_result_done(SubprocessResult *result);
/* ST_NOT_FOUND: no such program; ST_IO; ST_NOMEM.  A non-zero exit, a timeout or a
 * cancellation is a result, not an error, and has the output up to then.  ret is the caller's
 * to release with subprocess_result_done(), set only on ST_OK. */
NODISCARD Status subprocess_run(const SubprocessSpec *spec, SubprocessResult *ret, Err *err);

/* A child that stays: its output is read by the owner. */
typedef struct {
    pid_t pid;                       /* 0: none */
    int out_fd;                      /* child's standard output; -1 */
    int err_fd;
} Subprocess;
#define SUBPROCESS_INIT ((Subprocess){.out_fd = -1, .err_fd = -1})
/* Of the spec only argv and env count.  The caller stops the child, ended or not. */
NODISCARD Status subprocess_start(const SubprocessSpec *spec, Subprocess *ret, Err *err);
/* True, once, where it has ended; *ret_exit as exit_code above.  Does not wait; the output
 * can still be read. */
bool subprocess_ended(Subprocess *child, int *ret_exit);
void subprocess_stop(Subprocess *child);    /* SIGTERM, SIGKILL, reap, close; at most 4 s */

#endif
