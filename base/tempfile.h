/* SPDX-License-Identifier: Apache-2.0 */
/* tempfile.h -- a file that appears under its name whole, or not at all.
 *
 *     CLEANUP(tempfile_done) TempFile file = TEMPFILE_INIT;
 *     TRY(tempfile_create(&file, "out.tar.gz", false, err));
 *     ... write to file.fd ...
 *     TRY(tempfile_publish(&file, err));       // fsync, rename, fsync of the folder
 *
 * The temporary file ".NAME.partial-XXXXXX" stands beside the target (same file system,
 * mode 0600, O_EXCL | O_NOFOLLOW) and is removed by tempfile_done() unless published.
 * SIGKILL leaves at most such a partial file, never a half target; partial files of dead
 * processes are removed by the next tempfile_create() for the same target. */
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
 * now (ST_EXISTS) and again, atomically, when it is published.  ST_IO names the folder
 * where it is missing or not writable; ST_USAGE where target is a folder. */
NODISCARD Status tempfile_create(TempFile *file, const char *target, bool replace, Err *err);
/* After it the file is closed and the target there; on failure nothing is there. */
NODISCARD Status tempfile_publish(TempFile *file, Err *err);
void tempfile_done(TempFile *file);

/* An unlinked file (O_TMPFILE, or created and unlinked) in the folder of beside, 0600. */
NODISCARD Status tempfile_spool(const char *beside, int *ret_fd, Err *err);

#endif
