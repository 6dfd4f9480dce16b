/* SPDX-License-Identifier: Apache-2.0 */
/* confined.c -- bundles for a program that does nothing but read them and print. */
#include "bundle/confined.h"

#include "base/limits.h"
#include "base/sandbox.h"

#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    int fds[CONFINED_BUNDLES];
    const char *names[CONFINED_BUNDLES];
    size_t count;               /* opened and not yet taken over */
    size_t taken;
    Bundle *bundles[CONFINED_BUNDLES];
} Opening;

static void
opening_done(Opening *opening)
{
    for (size_t i = opening->taken; i < opening->count; i++)
        (void)close(opening->fds[i]);
    for (size_t i = 0; i < opening->taken; i++)
        opening->bundles[i] = bundle_free(opening->bundles[i]);
}

static Status
confine(const Opening *opening, Err *err)
{
    int folders[CONFINED_BUNDLES];
    SandboxSpec spec = {.address_bytes = LIMIT_WORKER_ADDRESS_BYTES, .folder_fds = folders,
                        .cpu_seconds = LIMIT_WORKER_CPU_SECONDS, .can_print = true};
    for (size_t i = 0; i < opening->count; i++) {
        struct stat about;
        if (fstat(opening->fds[i], &about) == 0 && S_ISDIR(about.st_mode))
            folders[spec.folder_count++] = opening->fds[i];
    }
    TRY(sandbox_prepare(err));
    SandboxState state;
    return sandbox_enter(&spec, &state, err);
}

Status
bundles_open_confined(const char *const *paths, size_t count, const BundleOptions *options,
                      Bundle **ret, Err *err)
{
    CLEANUP(opening_done) Opening opening = {0};
    if (count > CONFINED_BUNDLES)
        return err_set(err, ST_INTERNAL, "%zu bundles at once", count);
    for (size_t i = 0; i < count; i++) {
        TRY(bundle_open_path(paths[i], &opening.fds[i], &opening.names[i], err));
        opening.count++;
    }
    TRY(confine(&opening, err));
    for (size_t i = 0; i < count; i++) {
        TRY(bundle_open_fd(opening.fds[i], opening.names[i], options, &opening.bundles[i], err));
        opening.taken++;
    }
    for (size_t i = 0; i < count; i++)
        ret[i] = opening.bundles[i];
    opening.count = opening.taken = 0;
    return ST_OK;
}
