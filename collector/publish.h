/* SPDX-License-Identifier: Apache-2.0 */
/* publish.h -- the second pass: members from the spool into the bundle, in a fixed order. */
#ifndef COLLECTOR_PUBLISH_H
#define COLLECTOR_PUBLISH_H

#include "base/tempfile.h"
#include "collector/run.h"

/* Adds collector.log and redactions.ndjson, writes everything and the manifest to the file
 * and publishes it.  top: name of the top folder.  ret_bytes: size of the bundle.
 * ST_IO where the output could not be written; then nothing stands under its name. */
NODISCARD Status publish(Run *run, TempFile *file, Str top, uint64_t *ret_bytes, Err *err);

#endif
