/* SPDX-License-Identifier: Apache-2.0 */
/* guard.c -- stands between us and a command, and ends with us. */
#include "collector/guard.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    ARG_PARENT = 2,
    ARG_FOLDER,
    ARG_COMMAND,
    REMOVALS = 10,            /* tries: other guards of the same parent remove it, too */
    PAUSE_US = 20000,         /* before each; what is being killed may create a last file */
};

static volatile sig_atomic_t command;

bool
guard_is_asked(int argc, char **argv)
{
    return argc > ARG_COMMAND && strcmp(argv[1], GUARD_WORD) == 0;
}

static int
remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    (void)remove(path);
    return 0;
}

void
guard_remove_folder(const char *folder)
{
    (void)nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* Our parent is gone or does not want the command any more. */
static void
on_term(int number)
{
    (void)number;
    (void)kill((pid_t)command, SIGKILL);
}

static bool
is_orphan(char **argv)
{
    return getppid() != (pid_t)strtol(argv[ARG_PARENT], NULL, 10);
}

static _Noreturn void
run_command(char **argv, const sigset_t *signals)
{
    (void)signal(SIGTERM, SIG_DFL);
    (void)sigprocmask(SIG_SETMASK, signals, NULL);
    (void)execvp(argv[ARG_COMMAND], argv + ARG_COMMAND);
    (void)fprintf(stderr, "cannot run '%s': %s\n", argv[ARG_COMMAND], strerror(errno));
    _exit(GUARD_NO_COMMAND);
}

int
guard_run(char **argv)
{
    int status = 0;
    struct sigaction action = {.sa_handler = on_term};
    sigset_t term;
    sigset_t before;
    (void)sigemptyset(&term);
    (void)sigaddset(&term, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &term, &before);
    (void)sigaction(SIGTERM, &action, NULL);
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || is_orphan(argv))
        return GUARD_NO_COMMAND;
    pid_t child = fork();
    if (child < 0)
        return GUARD_NO_COMMAND;
    if (child == 0)
        run_command(argv, &before);
    command = child;
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    /* The pipes are the command's alone: their end is its end. */
    (void)close(STDOUT_FILENO);
    (void)close(STDERR_FILENO);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (is_orphan(argv)) {
        for (int i = 0; i < REMOVALS && access(argv[ARG_FOLDER], F_OK) == 0; i++) {
            (void)usleep(PAUSE_US);
            guard_remove_folder(argv[ARG_FOLDER]);
        }
        (void)kill(0, SIGKILL);           /* what the command has started */
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : GUARD_NO_COMMAND;
}
