/* SPDX-License-Identifier: Apache-2.0 */
/* repack.h -- an existing bundle or folder once more, redacted (--from).
 *
 * Takes what bundle_open() takes, of any tool, and writes a bundle with the same members below
 * its top folder: both passes of redaction, the check of the result, manifest and index are
 * those of a collection.  Neither kubectl nor a cluster is needed.
 *
 * A hole stays a hole: captures of an existing manifest keep their states and reasons, and
 * what they cover; a member that cannot be read whole is partial from now on, one that is gone
 * has failed.  Members that no manifest names are complete, as a reader would take them.
 * Compressed logs are stored unpacked; what nobody can look into is left out, with its reason. */
#ifndef COLLECTOR_REPACK_H
#define COLLECTOR_REPACK_H

#include "collector/collect.h"

/* As collect(). */
CollectExit repack(const CollectOptions *options, Arena *arena, Buf *out, Err *err);

#endif
