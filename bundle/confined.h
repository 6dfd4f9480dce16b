/* SPDX-License-Identifier: Apache-2.0 */
/* confined.h -- bundles for a program that does nothing but read them and print.
 *
 * A process of its own, as meshcase-analyze has, keeps a report where a bundle kills its reader.
 * Where there is nothing to keep, the program confines itself. */
#ifndef BUNDLE_CONFINED_H
#define BUNDLE_CONFINED_H

#include "bundle/reader.h"

enum { CONFINED_BUNDLES = 2 };      /* at the most */

/* Opens the files, gives up for good whatever reading them and printing does not need
 * (base/sandbox.h), as far as the kernel can, and only then looks into them.
 *   ret   count bundles, the caller's; set only on ST_OK
 * What bundle_open() returns. */
NODISCARD Status bundles_open_confined(const char *const *paths, size_t count,
                                       const BundleOptions *options, Bundle **ret, Err *err);

#endif
