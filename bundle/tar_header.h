/* SPDX-License-Identifier: Apache-2.0 */
/* tar_header.h -- the blocks before a member in a tar archive: ustar, with a pax header where
 * the name needs one. */
#ifndef BUNDLE_TAR_HEADER_H
#define BUNDLE_TAR_HEADER_H

#include "base/str.h"

enum {
    TAR_BLOCK_BYTES = 512,
    TAR_HEADER_MAX_BYTES = 8 * TAR_BLOCK_BYTES,   /* for names within the limits */
    TAR_MTIME_S = 315532800,                      /* 1980-01-01: tar finds 1970 implausible */
    TAR_FILE_MODE = 0600,
    TAR_FOLDER_MODE = 0700,
};
#define TAR_MTIME_TEXT "1980-01-01T00:00:00Z"

/* Writes the header blocks of a file, or of a folder where the name ends in '/'.  Their
 * number depends on the name alone, so a header can be replaced once the size is known.
 * name: at most 2 KiB.  Returns the bytes written to out. */
size_t tar_header(Str name, uint64_t size, unsigned char out[TAR_HEADER_MAX_BYTES]);
/* Zeros needed after size bytes to fill the last block. */
size_t tar_padding(uint64_t size);

#endif
