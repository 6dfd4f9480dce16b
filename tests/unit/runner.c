/* SPDX-License-Identifier: Apache-2.0 */
/* runner.c -- main() of every unit test. */
#include "tests/unit/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *
unit_source_folder(void)
{
    const char *folder = getenv("MESHCASE_SRCDIR");
    return folder ? folder : ".";
}

const char *
unit_shared_folder(void)
{
    static char path[4096];
    const char *named = getenv("MESHCASE_SHARED");
    if (named)
        (void)snprintf(path, sizeof path, "%s", named);
    else
        (void)snprintf(path, sizeof path, "%s/../shared", unit_source_folder());
    return access(path, R_OK) == 0 ? path : NULL;
}

unsigned
unit_draw(uint64_t *state, unsigned below)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((*state >> 33) % below);
}

int
main(void)
{
    SRunner *runner = srunner_create(unit_suite());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
