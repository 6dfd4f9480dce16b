/* SPDX-License-Identifier: Apache-2.0 */
/* manifest_check.h -- what is asked of a manifest's content, read or about to be written. */
#ifndef BUNDLE_MANIFEST_CHECK_H
#define BUNDLE_MANIFEST_CHECK_H

#include "bundle/manifest.h"

/* Checks every capture and fills by_id and by_member.  Returns status with the sentence of
 * the first fault; ST_NOMEM, ST_LIMIT. */
NODISCARD Status manifest_check(Manifest *manifest, Status status, Err *err);

#endif
