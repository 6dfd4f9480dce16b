/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_bundle.c -- an archive of any form: opened, scanned, scanned as a stream, verified. */
#include "base/cleanup.h"
#include "base/io.h"
#include "bundle/verify.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>
#include <sys/mman.h>

static Status
on_data(void *context, const Member *member, Str bytes, Err *err)
{
    uint64_t *total = context;
    (void)err;
    LAW(bytes.n > 0 && member->name.n > 0 && member->name.p[0] != '/');
    *total += bytes.n;
    return ST_OK;
}

static void
scan(const uint8_t *data, size_t size, bool no_index)
{
    Err err = {0};
    CLEANUP(cleanup_fd) int fd = memfd_create("bundle", MFD_CLOEXEC);
    LAW(fd >= 0 && io_write(fd, data, size, &err) == ST_OK);
    BundleOptions options = {.any_names = true, .no_index = no_index, .bomb_from_bytes = 1 << 20,
                             .max_delivered_bytes = 32 << 20, .max_members = 10000};
    CLEANUP(cleanup_bundle) Bundle *bundle = NULL;
    LAW(lseek(fd, 0, SEEK_SET) == 0);
    Status status = bundle_open_fd(fd, "fuzz", &options, &bundle, &err);
    LAW_ERR(status, err);
    if (status != ST_OK)
        return;
    fd = -1;
    uint64_t total = 0;
    BundleVisitor visitor = {.context = &total, .data = on_data};
    status = bundle_scan(bundle, &visitor, &err);
    LAW_ERR(status, err);
    LAW(total <= options.max_delivered_bytes);
    VerifyReport report;
    err = (Err){0};
    status = bundle_verify(bundle, &report, &err);
    LAW_ERR(status, err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scan(data, size, false);
    scan(data, size, true);
    return 0;
}
