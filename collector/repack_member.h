/* SPDX-License-Identifier: Apache-2.0 */
/* repack_member.h -- one member of the old bundle on its way to the spool. */
#ifndef COLLECTOR_REPACK_MEMBER_H
#define COLLECTOR_REPACK_MEMBER_H

#include "bundle/reader.h"
#include "collector/run.h"

typedef struct RepackMember RepackMember;

/* ST_NOMEM, ST_IO (spool). */
NODISCARD Status repack_member_new(Run *run, const Member *member, RepackMember **ret, Err *err);
NODISCARD Status repack_member_feed(RepackMember *member, Str bytes, Err *err);

/* What became of it. */
typedef struct {
    Str name;               /* in the new bundle */
    SpoolFile *file;        /* NULL: left out */
    const char *reason;     /* why it was left out, or is not whole; NULL: it is whole */
    uint64_t redactions;
} Repacked;
NODISCARD Status repack_member_end(RepackMember *member, Repacked *ret, Err *err);
RepackMember *repack_member_free(RepackMember *member);     /* NULL in, NULL out */

#endif
