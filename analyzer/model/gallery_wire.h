/* SPDX-License-Identifier: Apache-2.0 */
/* gallery_wire.h -- a gallery as bytes, from the process that reads bundles to the one that
 * reports; what is taken is checked as what comes from a stranger. */
#ifndef MODEL_GALLERY_WIRE_H
#define MODEL_GALLERY_WIRE_H

#include "analyzer/model/gallery.h"
#include "base/wire.h"

void gallery_put(Buf *out, const Gallery *gallery);
/* Texts are views into the payload.  ST_FORMAT, ST_NOMEM. */
NODISCARD Status gallery_take(Str payload, Arena *arena, Gallery *ret, Err *err);

#endif
