/* SPDX-License-Identifier: Apache-2.0 */
/* guard.c -- stands between us and a command, and ends with us. */
#include "collector/guard.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_NO_COMMAND = 127 };

bool
guard_is_asked(int argc, char **argv)
{
    return argc > 2 && strcmp(argv[1], GUARD_WORD) == 0;
}

/* SIGTERM: our parent is gone or does not want the command any more. */
static void
end_group(int number)
{
    (void)number;
    (void)kill(0, SIGKILL);
}

int
guard_run(char **argv)
{
    int status = 0;
    struct sigaction action = {.sa_handler = end_group};
    (void)sigaction(SIGTERM, &action, NULL);
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() == 1)
        return EXIT_NO_COMMAND;
    pid_t child = fork();
    if (child < 0)
        return EXIT_NO_COMMAND;
    if (child == 0) {
        (void)signal(SIGTERM, SIG_DFL);
        (void)execvp(argv[2], argv + 2);
        (void)fprintf(stderr, "cannot run '%s': %s\n", argv[2], strerror(errno));
        _exit(EXIT_NO_COMMAND);
    }
    /* The pipes are the command's alone: their end is its end. */
    (void)close(STDOUT_FILENO);
    (void)close(STDERR_FILENO);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_NO_COMMAND;
}
