/* SPDX-License-Identifier: Apache-2.0 */
/* tempfile.h -- a file that appears under its name whole, or not at all.
 *
 *     CLEANUP(tempfile_done) TempFile file = TEMPFILE_INIT;
 *     TRY(tempfile_create(&file, "out.tar.gz", false, err));
 *     ... write to file.fd ...
 *     TRY(tempfile_publish(&file, err));       // fsync, rename, fsync of the folder
 *
 * The temporary file ".NAME.partial-PID-XXXXXXXX" stands beside the target (same file system,
 * mode 0600, O_EXCL | O_NOFOLLOW, locked) and is removed by tempfile_done() unless published.
 * SIGKILL leaves at most such a partial file, never a half target; tempfile_create() for the
 * same target removes partial files whose process is dead and whose lock is free.
 *
 * A child that keeps the descriptor keeps the lock; descriptors are closed by exec. */
#ifndef BASE_TEMPFILE_H
#define BASE_TEMPFILE_H

#include "base/status.h"

#include <stdbool.h>

typedef struct {
    int fd;               /* -1 when not open */
    int folder_fd;
    char *target;         /* final name inside the folder */
    char *partial;        /* temporary name inside the folder */
    bool replace;
} TempFile;

#define TEMPFILE_INIT ((TempFile){.fd = -1, .folder_fd = -1})

/* replace: whether an existing target may be replaced; without it the target is checked
 * now and again, atomically, when it is published (ST_EXISTS).  ST_USAGE where target is a
 * folder, a link, a device or anything else that is no regular file; ST_IO names the folder
 * where it is missing or not writable; ST_NOMEM. */
NODISCARD Status tempfile_create(TempFile *file, const char *target, bool replace, Err *err);
/* After it the file is closed and the target there; on failure nothing is there.  ST_EXISTS,
 * ST_IO.  One exception: where only the last step fails, which makes the new name survive a
 * power cut, ST_IO says so and the target is there, whole. */
NODISCARD Status tempfile_publish(TempFile *file, Err *err);
void tempfile_done(TempFile *file);

/* An unlinked file (O_TMPFILE, or created and unlinked) in the folder where beside is or will
 * be, 0600.  The caller owns *ret_fd.  ST_IO, ST_NOMEM. */
NODISCARD Status tempfile_spool(const char *beside, int *ret_fd, Err *err);

#endif
