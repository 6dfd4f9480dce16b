/* SPDX-License-Identifier: Apache-2.0 */
/* scratch.h -- a buffer for part of a report, whose failure becomes the report's: nothing is left
 * out because a part of it found no memory or no room.
 *
 *     CLEANUP(scratch_done) Scratch line = SCRATCH(out);
 *     buf_adds(&line.buf, "text");
 *     buf_add_str(out, buf_str(&line.buf));
 */
#ifndef REPORT_SCRATCH_H
#define REPORT_SCRATCH_H

#include "base/buf.h"

typedef struct {
    Buf buf;
    Buf *out;           /* who learns of a failure at the end of the scope */
} Scratch;

#define SCRATCH(parent) ((Scratch){.buf = BUF_INIT((parent)->max_bytes), .out = (parent)})

static inline void
scratch_hand_on(const Scratch *scratch)
{
    if (scratch->buf.failed != ST_OK && scratch->out->failed == ST_OK)
        scratch->out->failed = scratch->buf.failed;
}

static inline void
scratch_clear(Scratch *scratch)
{
    scratch_hand_on(scratch);
    buf_clear(&scratch->buf);
}

static inline void
scratch_done(Scratch *scratch)
{
    scratch_hand_on(scratch);
    buf_done(&scratch->buf);
}

#endif
