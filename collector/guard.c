/* SPDX-License-Identifier: Apache-2.0 */
/* guard.c -- asks to die with the parent, then becomes the command. */
#include "collector/guard.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { EXIT_NO_COMMAND = 127 };

bool
guard_is_asked(int argc, char **argv)
{
    return argc > 2 && strcmp(argv[1], GUARD_WORD) == 0;
}

int
guard_run(char **argv)
{
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() == 1)
        return EXIT_NO_COMMAND;
    (void)execvp(argv[2], argv + 2);
    (void)fprintf(stderr, "cannot run '%s': %s\n", argv[2], strerror(errno));
    return EXIT_NO_COMMAND;
}
