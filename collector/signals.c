/* SPDX-License-Identifier: Apache-2.0 */
/* signals.c -- handlers that only write a byte, or clean up and exit. */
#include "collector/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

enum { EXIT_GIVEN_UP = 3 };

static int wake_fd = -1;
static volatile sig_atomic_t signals_seen;
static const char *volatile covered_file;
static const char *volatile covered_socket;
static const char *volatile covered_folder;

static void
on_signal(int number)
{
    int saved = errno;
    (void)number;
    if (signals_seen++ == 0) {
        (void)!write(wake_fd, "x", 1);
        errno = saved;
        return;
    }
    if (covered_file)
        (void)unlink(covered_file);
    if (covered_socket)
        (void)unlink(covered_socket);
    if (covered_folder)
        (void)rmdir(covered_folder);     /* where commands run, their guards can do more */
    _exit(EXIT_GIVEN_UP);
}

Status
signals_init(int *ret_fd, Err *err)
{
    static const int ENDS[] = {SIGINT, SIGTERM};
    static const int IGNORED[] = {SIGPIPE, SIGXFSZ, SIGHUP};
    int fds[2];
    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0)
        return err_errno(err, ST_IO, "make a pipe for signals");
    wake_fd = fds[1];
    struct sigaction end = {.sa_handler = on_signal};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigset_t open;
    (void)sigemptyset(&open);
    for (size_t i = 0; i < sizeof ENDS / sizeof *ENDS; i++) {
        (void)sigaction(ENDS[i], &end, NULL);
        (void)sigaddset(&open, ENDS[i]);
    }
    for (size_t i = 0; i < sizeof IGNORED / sizeof *IGNORED; i++)
        (void)sigaction(IGNORED[i], &ignore, NULL);
    (void)sigprocmask(SIG_UNBLOCK, &open, NULL);
    *ret_fd = fds[0];
    return ST_OK;
}

void
signals_cover_file(const char *file)
{
    covered_file = file;
}

void
signals_cover_folder(const char *folder, const char *socket)
{
    covered_socket = socket;
    covered_folder = folder;
}
