/* SPDX-License-Identifier: Apache-2.0 */
/* reader_index.c -- a bundle by its index: only the gzip members that are wanted are read,
 * and nothing of one is delivered before its CRC-32 was found right. */
#include "base/limits.h"
#include "bundle/inflate.h"
#include "bundle/reader_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Beyond its last part a gzip member may hold padding and headers of what follows. */
enum { SLACK_BYTES = 64 * 1024 };

/* The files of the index whose names may be used. */
typedef struct {
    Str *raws;               /* normalised */
    size_t *files;           /* index into Index.files */
    size_t count;
} Usable;

static Str
usable_name(void *context, size_t i)
{
    const Usable *usable = context;
    return usable->raws[i];
}

static uint64_t
offset_of(const Index *index, const IndexFile *file)
{
    return file->part_count ? index->places.items[index->parts.items[file->first_part].place].offset
                            : UINT64_MAX;
}

/* Keeps the file's name, or says why not. */
static Status
look_at(Bundle *bundle, size_t i, Usable *usable, Err *err)
{
    const Index *index = bundle->index;
    const IndexFile *file = &index->files.items[i];
    uint64_t offset = offset_of(index, file);
    Err why = {0};
    Str raw = STR("");
    if (file->type == INDEX_FOLDER)
        return ST_OK;
    Status status = member_name_normalise(bundle->arena, file->raw, &raw, &why);
    if (status == ST_NOMEM)
        return err_nomem(err);
    if (status != ST_OK)
        return bundle_problem(bundle, status == ST_LIMIT ? PROBLEM_LIMIT : PROBLEM_UNSAFE_NAME,
                              file->raw, offset, why.text, err);
    if (file->type != INDEX_FILE)
        return bundle_problem(bundle, file->type == INDEX_LINK ? PROBLEM_LINK : PROBLEM_SPECIAL,
                              raw, offset, NULL, err);
    usable->raws[usable->count] = raw;
    usable->files[usable->count] = i;
    usable->count++;
    return ST_OK;
}

static Status
admit(Bundle *bundle, Str raw, size_t i, Err *err)
{
    const IndexFile *file = &bundle->index->files.items[i];
    MemberRecord *record;
    TRY(bundle_admit(bundle, raw, true, offset_of(bundle->index, file), &record, err));
    if (record) {
        record->index_file = i;
        record->member.has_bytes = true;
        record->member.bytes = file->bytes;
        record->member.has_sha256 = file->has_digest;
        record->member.sha256 = file->digest;
    }
    return ST_OK;
}

static Status
admit_all(Bundle *bundle, Err *err)
{
    size_t count = bundle->index->files.count;
    Usable usable = {ARENA_ARRAY(bundle->arena, Str, count),
                     ARENA_ARRAY(bundle->arena, size_t, count), 0};
    Scan scan = {.bundle = bundle};
    if (!usable.raws || !usable.files)
        return err_nomem(err);
    for (size_t i = 0; i < count && !scan.over; i++) {
        TRY(scan_count(&scan, UINT64_MAX, err));
        if (!scan.over)
            TRY(look_at(bundle, i, &usable, err));
    }
    TRY(bundle_find_top(bundle, usable_name, usable.count, &usable, err));
    bundle->scan++;
    for (size_t i = 0; i < usable.count; i++)
        TRY(admit(bundle, usable.raws[i], usable.files[i], err));
    return ST_OK;
}

/* What one gzip member unpacked to: kept for the parts that share it. */
typedef struct {
    Scan *scan;
    Inflate *inflate;
    Buf bytes;
    uint32_t place;          /* UINT32_MAX: none yet */
    bool good;
    char reason[512];
    uint64_t packed_bytes;   /* of all that was read */
    uint64_t unpacked_bytes;
} Unpacked;

static void
unpacked_done(Unpacked *unpacked)
{
    unpacked->inflate = inflate_free(unpacked->inflate);
    buf_done(&unpacked->bytes);
}

static Status
unpacked_init(Unpacked *unpacked, Scan *scan, Err *err)
{
    *unpacked = (Unpacked){.scan = scan, .inflate = inflate_new(), .place = UINT32_MAX,
                           .bytes = BUF_INIT(INDEX_PART_MAX_BYTES + SLACK_BYTES + 1)};
    return unpacked->inflate ? ST_OK : err_nomem(err);
}

static Status
unpack(Unpacked *unpacked, uint32_t number, Err *err)
{
    const Bundle *bundle = unpacked->scan->bundle;
    const IndexPlace *place = &bundle->index->places.items[number];
    size_t capacity = (size_t)place->needed_bytes + SLACK_BYTES;
    size_t made = 0;
    Err why = {0};
    if (unpacked->place == number)
        return ST_OK;
    buf_clear(&unpacked->bytes);
    unsigned char *out = (unsigned char *)buf_reserve(&unpacked->bytes, capacity);
    if (!out)
        return err_nomem(err);
    Status status = inflate_member(unpacked->inflate, bundle->fd, place->offset,
                                   place->end - place->offset, out, capacity, &made, &why);
    if (status == ST_NOMEM)
        return err_nomem(err);
    (void)atomic_fetch_add(&unpacked->scan->bundle->unpacked_bytes, made);
    unpacked->bytes.n = made;
    unpacked->bytes.data[made] = '\0';
    unpacked->place = number;
    unpacked->packed_bytes += place->end - place->offset;
    /* what the index says of it, so that it can be told beforehand whether there is a bomb */
    unpacked->unpacked_bytes += made < place->needed_bytes ? made : place->needed_bytes;
    unpacked->good = status == ST_OK && made >= place->needed_bytes;
    (void)snprintf(unpacked->reason, sizeof unpacked->reason, "%s",
                   status != ST_OK ? why.text : "it unpacks to less than the index says");
    return ST_OK;
}

static Status
check_digest(Scan *scan, const IndexPart *part, uint64_t offset, Str bytes, Err *err)
{
    Bundle *bundle = scan->bundle;
    Digest digest;
    if (!bundle->check_chunks)
        return ST_OK;
    bundle->checked_chunks++;
    if (!part->has_digest)
        return scan_problem(scan, PROBLEM_CHUNK_DIGEST, offset,
                            "the index has no SHA-256 for a chunk", err);
    TRY(digest_of(bytes, &digest, err));
    if (digest_eq(&digest, &part->digest))
        return ST_OK;
    return scan_problem(scan, PROBLEM_CHUNK_DIGEST, offset, NULL, err);
}

/* Delivers the parts of one file, up to the first that is damaged. */
static Status
read_parts(Unpacked *unpacked, const IndexFile *file, MemberEnd *ret_how, Err *err)
{
    Scan *scan = unpacked->scan;
    const Index *index = scan->bundle->index;
    for (size_t i = 0; i < file->part_count && scan_hungry(scan); i++) {
        const IndexPart *part = &index->parts.items[file->first_part + i];
        uint64_t offset = index->places.items[part->place].offset;
        TRY(unpack(unpacked, part->place, err));
        TRY(scan_check_ratio(scan, unpacked->packed_bytes, unpacked->unpacked_bytes, offset,
                             err));
        if (!unpacked->good) {
            *ret_how = MEMBER_CUT;
            return scan_problem(scan, PROBLEM_DAMAGED, offset, unpacked->reason, err);
        }
        if (scan->over)
            break;
        Str bytes = str_sub(buf_str(&unpacked->bytes), (size_t)part->inner_offset,
                            (size_t)part->bytes);
        TRY(check_digest(scan, part, offset, bytes, err));
        TRY(scan_bytes(scan, bytes, offset, err));
    }
    return ST_OK;
}

static Status
read_member(Unpacked *unpacked, const Member *member, Err *err)
{
    Scan *scan = unpacked->scan;
    const MemberRecord *record = (const MemberRecord *)member;
    MemberEnd how = MEMBER_WHOLE;
    scan_open(scan, member, true);
    TRY(read_parts(unpacked, &scan->bundle->index->files.items[record->index_file], &how, err));
    return scan_close(scan, how, err);
}

static Status
begin(Scan *scan, void **ret_state, Err *err)
{
    Unpacked *unpacked = malloc(sizeof *unpacked);      /* a lane's own, freed by end() */
    if (!unpacked)
        return err_nomem(err);
    Status status = unpacked_init(unpacked, scan, err);
    if (status == ST_OK)
        *ret_state = unpacked;
    else
        free(unpacked);
    return status;
}

static Status
read_one(void *state, const Member *member, Err *err)
{
    return read_member(state, member, err);
}

static void
end(void *state)
{
    unpacked_done(state);
    free(state);
}

static const IndexFile *
file_of(const Bundle *bundle, const Member *member)
{
    return &bundle->index->files.items[((const MemberRecord *)member)->index_file];
}

static bool
together(const Bundle *bundle, const Member *before, const Member *member)
{
    const IndexFile *left = file_of(bundle, before);
    const IndexFile *right = file_of(bundle, member);
    const IndexPart *parts = bundle->index->parts.items;
    return left->part_count && right->part_count &&
           parts[left->first_part + left->part_count - 1].place == parts[right->first_part].place;
}

/* Neither too much together, nor any gzip member that unpacks to suspiciously much. */
static bool
within_limits(const Bundle *bundle, const Member *const *members, size_t count)
{
    const BundleOptions *options = &bundle->options;
    uint64_t bytes = 0;
    bool dense = false;
    for (size_t i = 0; i < count; i++) {
        const IndexFile *file = file_of(bundle, members[i]);
        bytes += file->bytes;
        if (bytes > options->max_delivered_bytes)
            return false;
        for (size_t p = 0; p < file->part_count; p++) {
            const IndexPlace *place = &bundle->index->places.items[
                bundle->index->parts.items[file->first_part + p].place];
            dense |= place->needed_bytes / options->bomb_ratio > place->end - place->offset;
        }
    }
    return !dense || bytes <= options->bomb_from_bytes;
}

const MemberReader INDEX_READER = {begin, read_one, end, together, within_limits};

/* The manifest is wanted before anything else. */
static Status
read_manifest(Bundle *bundle, Err *err)
{
    const Member *member = bundle_member(bundle, member_name_fixed(MEMBER_MANIFEST));
    if (!member)
        return ST_OK;
    bundle_expect_manifest(bundle, member);
    BundleVisitor visitor = {.context = &bundle->manifest_text, .data = bundle_keep_bytes};
    Scan scan = {.bundle = bundle, .visitor = &visitor};
    CLEANUP(unpacked_done) Unpacked unpacked;
    TRY(unpacked_init(&unpacked, &scan, err));
    TRY(read_member(&unpacked, member, err));
    return bundle_use_manifest(bundle, err);
}

Status
index_open(Bundle *bundle, bool *ret_used, Err *err)
{
    Err why = {0};
    *ret_used = false;
    Status status = index_read(bundle->arena, bundle->fd, bundle->file_bytes, &bundle->index,
                               &why);
    if (status == ST_NOMEM || status == ST_IO)
        return err_set(err, status, "%s: %s", bundle->name, why.text);
    if (status != ST_OK) {
        char reason[600];
        err_format(&why, reason, sizeof reason);
        return bundle_problem(bundle, PROBLEM_INDEX, STR(""), UINT64_MAX, reason, err);
    }
    if (!bundle->index)
        return ST_OK;
    bundle->form = BUNDLE_INDEXED;
    TRY(admit_all(bundle, err));
    TRY(read_manifest(bundle, err));
    *ret_used = true;
    return ST_OK;
}
