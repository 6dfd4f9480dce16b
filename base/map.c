/* SPDX-License-Identifier: Apache-2.0 */
/* map.c -- hash map from byte strings to pointers: open addressing over an entry list. */
#include "base/map.h"

#include <endian.h>
#include <pthread.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_SLOTS = 16 };

static pthread_once_t seed_once = PTHREAD_ONCE_INIT;
static uint64_t seed[2];

static void
make_seed(void)
{
    if (getrandom(seed, sizeof seed, 0) == (ssize_t)sizeof seed)
        return;
    /* No random bytes: still another seed in every process. */
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    seed[0] = (uint64_t)now.tv_nsec ^ (uint64_t)now.tv_sec << 32;
    seed[1] = (uint64_t)getpid() ^ (uint64_t)(uintptr_t)&now;
}

void
map_seed(uint64_t a, uint64_t b)
{
    (void)pthread_once(&seed_once, make_seed);
    seed[0] = a;
    seed[1] = b;
}

static inline uint64_t
rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

typedef struct {
    uint64_t a, b, c, d;
} SipState;

static inline void
sip_round(SipState *s)
{
    s->a += s->b;
    s->b = rotate(s->b, 13) ^ s->a;
    s->a = rotate(s->a, 32);
    s->c += s->d;
    s->d = rotate(s->d, 16) ^ s->c;
    s->a += s->d;
    s->d = rotate(s->d, 21) ^ s->a;
    s->c += s->b;
    s->b = rotate(s->b, 17) ^ s->c;
    s->c = rotate(s->c, 32);
}

static inline void
sip_word(SipState *s, uint64_t word)
{
    s->d ^= word;
    sip_round(s);
    s->a ^= word;
}

uint64_t
map_hash(Str key)
{
    (void)pthread_once(&seed_once, make_seed);
    SipState s = {seed[0] ^ UINT64_C(0x736f6d6570736575), seed[1] ^ UINT64_C(0x646f72616e646f6d),
                  seed[0] ^ UINT64_C(0x6c7967656e657261), seed[1] ^ UINT64_C(0x7465646279746573)};
    size_t at = 0;
    for (; key.n - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, key.p + at, sizeof word);
        sip_word(&s, le64toh(word));
    }
    uint64_t last = (uint64_t)key.n << 56;
    for (size_t i = 0; at + i < key.n; i++)
        last |= (uint64_t)(unsigned char)key.p[at + i] << (8 * i);
    sip_word(&s, last);
    s.c ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(&s);
    return s.a ^ s.b ^ s.c ^ s.d;
}

void
map_init(Map *map, Arena *arena)
{
    *map = (Map){.arena = arena};
}

/* The slot of the key, or the free slot where it belongs.  There is always a free one. */
static uint32_t *
find_slot(const Map *map, Str key, uint64_t hash)
{
    size_t mask = map->slot_count - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        uint32_t *slot = &map->slots[i];
        if (*slot == 0)
            return slot;
        const MapEntry *entry = &map->entries[*slot - 1];
        if (entry->hash == hash && str_eq(entry->key, key))
            return slot;
    }
}

static MapEntry *
find(const Map *map, Str key)
{
    if (map->count == 0)
        return NULL;
    uint32_t slot = *find_slot(map, key, map_hash(key));
    return slot ? &map->entries[slot - 1] : NULL;
}

void *
map_get(const Map *map, Str key)
{
    const MapEntry *entry = find(map, key);
    return entry ? entry->value : NULL;
}

bool
map_has(const Map *map, Str key)
{
    return find(map, key) != NULL;
}

/* Keeps at least half of the slots free. */
static bool
make_room(Map *map)
{
    if (map->count < map->slot_count / 2)
        return true;
    size_t slot_count = map->slot_count ? map->slot_count * 2 : FIRST_SLOTS;
    if (slot_count > UINT32_MAX)
        return false;
    uint32_t *slots = ARENA_ARRAY(map->arena, uint32_t, slot_count);
    MapEntry *entries = ARENA_ARRAY(map->arena, MapEntry, slot_count / 2);
    if (!slots || !entries)
        return false;
    if (map->count)
        memcpy(entries, map->entries, map->count * sizeof *entries);
    for (size_t i = 0; i < map->count; i++) {
        size_t at = entries[i].hash & (slot_count - 1);
        while (slots[at])
            at = (at + 1) & (slot_count - 1);
        slots[at] = (uint32_t)(i + 1);
    }
    map->slots = slots;
    map->slot_count = slot_count;
    map->entries = entries;
    map->capacity = slot_count / 2;
    return true;
}

void **
map_slot(Map *map, Str key)
{
    if (!make_room(map))
        return NULL;
    uint64_t hash = map_hash(key);
    uint32_t *slot = find_slot(map, key, hash);
    if (*slot == 0) {
        map->entries[map->count] = (MapEntry){key, NULL, hash};
        *slot = (uint32_t)++map->count;
    }
    return &map->entries[*slot - 1].value;
}

bool
map_put(Map *map, Str key, void *value)
{
    void **slot = map_slot(map, key);
    if (!slot)
        return false;
    *slot = value;
    return true;
}
