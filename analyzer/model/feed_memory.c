/* SPDX-License-Identifier: Apache-2.0 */
/* feed_memory.c -- members from memory. */
#include "analyzer/model/feed_memory.h"

typedef struct {
    Member member;
    Str bytes;
    bool cut;
} MemoryMember;

struct MemoryFeed {
    Arena *arena;
    VEC(MemoryMember) members;
    Map by_name;
    Manifest *manifest;
    size_t chunk;
};

MemoryFeed *
memory_feed_new(Arena *arena)
{
    MemoryFeed *memory = ARENA_NEW(arena, MemoryFeed);
    if (memory) {
        memory->arena = arena;
        map_init(&memory->by_name, arena);
    }
    return memory;
}

Status
memory_feed_add(MemoryFeed *memory, Str name, Str bytes, bool cut, Err *err)
{
    Str normal;
    TRY(member_name_normalise(memory->arena, name, &normal, err));
    if (map_has(&memory->by_name, normal))
        return err_set(err, ST_EXISTS, "member '" STR_FMT "' is there already",
                       STR_ARG(str_head(normal, 200)));
    MemoryMember *slot = VEC_PUSH(memory->arena, &memory->members);
    if (!slot || !map_put(&memory->by_name, normal, memory))
        return err_nomem(err);
    MemberName parts;
    member_name_parse(normal, &parts);
    slot->member = (Member){.name = normal,
                            .kind = parts.kind,
                            .number = (uint32_t)(memory->members.count - 1),
                            .has_bytes = true,
                            .bytes = bytes.n};
    slot->bytes = bytes;
    slot->cut = cut;
    return ST_OK;
}

void
memory_feed_set_chunk(MemoryFeed *memory, size_t bytes)
{
    memory->chunk = bytes;
}

Manifest *
memory_feed_manifest(MemoryFeed *memory)
{
    if (!memory->manifest)
        memory->manifest = manifest_new(memory->arena);
    return memory->manifest;
}

Status
memory_feed_capture(MemoryFeed *memory, const char *kind, Str glob, CaptureState state,
                    CaptureClass class, Str reason, Err *err)
{
    Manifest *manifest = memory_feed_manifest(memory);
    Capture *capture = manifest ? manifest_add(manifest) : NULL;
    Str *covers = ARENA_NEW(memory->arena, Str);
    CaptureMember *member = ARENA_NEW(memory->arena, CaptureMember);
    if (!capture || !covers || !member)
        return err_nomem(err);
    *covers = glob;
    capture->id = arena_strf(memory->arena, STR_FMT "#%zu", STR_ARG(glob),
                             manifest->captures.count);
    if (!capture->id.p)
        return err_nomem(err);
    capture->kind = str_of(kind);
    capture->source.verb = STR("test");
    capture->covers = covers;
    capture->cover_count = 1;
    capture->state = state;
    capture->class = class;
    capture->reason = reason;
    if (map_has(&memory->by_name, glob)) {
        member->name = glob;
        capture->members = member;
        capture->member_count = 1;
    }
    return ST_OK;
}

Status
memory_feed_seal(MemoryFeed *memory, Err *err)
{
    Manifest *manifest = memory->manifest;
    if (!manifest)
        return ST_OK;
    map_init(&manifest->by_id, memory->arena);
    map_init(&manifest->by_member, memory->arena);
    for (size_t i = 0; i < manifest->captures.count; i++) {
        Capture *capture = &manifest->captures.items[i];
        if (!map_put(&manifest->by_id, capture->id, capture))
            return err_nomem(err);
        for (size_t k = 0; k < capture->member_count; k++)
            if (!map_has(&manifest->by_member, capture->members[k].name) &&
                !map_put(&manifest->by_member, capture->members[k].name, capture))
                return err_nomem(err);
    }
    return ST_OK;
}

static Status
feed_member(const MemoryFeed *memory, const MemoryMember *entry, const BundleVisitor *visitor,
            Err *err)
{
    const Member *member = &entry->member;
    if (visitor->want && !visitor->want(visitor->context, member))
        return ST_OK;
    MemberEnd how = entry->cut ? MEMBER_CUT : MEMBER_WHOLE;
    size_t step = memory->chunk ? memory->chunk : entry->bytes.n;
    for (size_t at = 0; at < entry->bytes.n; at += step) {
        Status status =
            visitor->data(visitor->context, member, str_sub(entry->bytes, at, step), err);
        if (status == ST_END) {
            how = MEMBER_STOPPED;
            break;
        }
        TRY(status);
    }
    return visitor->end ? visitor->end(visitor->context, member, how, err) : ST_OK;
}

static Status
scan_memory(void *context, const BundleVisitor *visitors, unsigned lanes, Err *err)
{
    (void)lanes;
    const MemoryFeed *memory = context;
    for (size_t i = 0; i < memory->members.count; i++)
        TRY(feed_member(memory, &memory->members.items[i], &visitors[0], err));
    return ST_OK;
}

static const Manifest *
manifest_of_memory(void *context)
{
    return ((const MemoryFeed *)context)->manifest;
}

ModelFeed
memory_feed(MemoryFeed *memory)
{
    return (ModelFeed){.scan = scan_memory, .manifest = manifest_of_memory, .context = memory};
}
