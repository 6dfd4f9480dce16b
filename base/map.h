/* SPDX-License-Identifier: Apache-2.0 */
/* map.h -- hash map from byte strings to pointers, in an arena.
 *
 * Keys are views that must live as long as the map.  Order of iteration is the order of
 * insertion.  The hash is SipHash-1-3 with a random seed of the process, so hostile keys
 * cost no more than others.  No removal. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/arena.h"

typedef struct {
    Str key;
    void *value;
    uint64_t hash;
} MapEntry;

typedef struct {
    Arena *arena;
    MapEntry *entries;      /* count of them, in order of insertion */
    size_t count;
    size_t capacity;
    uint32_t *slots;        /* index + 1, 0 is free */
    size_t slot_count;      /* power of two */
} Map;

void map_init(Map *map, Arena *arena);
/* NULL where the key is absent. */
void *map_get(const Map *map, Str key);
bool map_has(const Map *map, Str key);
/* Inserts, or replaces the value.  False when out of memory. */
NODISCARD bool map_put(Map *map, Str key, void *value);
/* The address of the value of a new or old key, to be changed in place until the next
 * insertion; NULL when out of memory. */
void **map_slot(Map *map, Str key);

/* Fixes the seed of the process (tests only); otherwise getrandom() at first use. */
void map_seed(uint64_t a, uint64_t b);
uint64_t map_hash(Str key);

#endif
