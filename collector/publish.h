/* SPDX-License-Identifier: Apache-2.0 */
/* publish.h -- the second pass: members from the spool into the bundle, in a fixed order. */
#ifndef COLLECTOR_PUBLISH_H
#define COLLECTOR_PUBLISH_H

#include "base/tempfile.h"
#include "collector/run.h"

/* Adds collector.log, writes everything, redactions.ndjson and the manifest to the file, reads
 * it once more for secrets, and publishes it.  top: name of the top folder.  ret_bytes: size of the bundle.
 * ST_IO where the output could not be written, ST_UNSAFE where a secret was left in it; then
 * nothing stands under its name. */
NODISCARD Status publish(Run *run, TempFile *file, Str top, uint64_t *ret_bytes, Err *err);

#endif
