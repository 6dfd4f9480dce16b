/* SPDX-License-Identifier: Apache-2.0 */
/* arena.c -- memory that is given back all at once: a list of growing blocks. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_BLOCK_BYTES = 16 * 1024,
    LARGEST_BLOCK_BYTES = 4 * 1024 * 1024,
};

#define ALIGNMENT alignof(max_align_t)

typedef struct Block {
    struct Block *older;
    size_t capacity;
    size_t used;
    alignas(max_align_t) char data[];
} Block;

struct Arena {
    Block *newest;
    Block *spare;      /* blocks given back by a reset, newest first */
    size_t budget;
    size_t total;      /* bytes handed out, alignment included */
    bool secret;       /* wiped when given back */
};

Arena *
arena_new(size_t budget_bytes)
{
    Arena *arena = calloc(1, sizeof *arena);
    if (arena)
        arena->budget = budget_bytes;
    return arena;
}

void
arena_keep_secret(Arena *arena)
{
    arena->secret = true;
}

static void
wipe(Block *block, size_t from)
{
    explicit_bzero(block->data + from, block->used - from);
    block->used = from;
}

static void
free_blocks(Block *block, bool secret)
{
    while (block) {
        Block *older = block->older;
        if (secret)
            wipe(block, 0);
        free(block);
        block = older;
    }
}

Arena *
arena_free(Arena *arena)
{
    if (arena) {
        free_blocks(arena->newest, arena->secret);
        free_blocks(arena->spare, arena->secret);
        free(arena);
    }
    return NULL;
}

void
cleanup_arena(Arena **arena)
{
    *arena = arena_free(*arena);
}

/* A spare block that is large enough, or a new one. */
static Block *
take_block(Arena *arena, size_t bytes)
{
    for (Block **link = &arena->spare; *link; link = &(*link)->older) {
        Block *block = *link;
        if (block->capacity >= bytes) {
            *link = block->older;
            block->used = 0;
            return block;
        }
    }
    size_t capacity = FIRST_BLOCK_BYTES;
    if (arena->newest)
        capacity = arena->newest->capacity * 2;
    if (capacity > LARGEST_BLOCK_BYTES)
        capacity = LARGEST_BLOCK_BYTES;
    if (capacity < bytes)
        capacity = bytes;
    if (capacity > SIZE_MAX - sizeof(Block))
        return NULL;
    Block *block = malloc(sizeof(Block) + capacity);
    if (block) {
        block->capacity = capacity;
        block->used = 0;
    }
    return block;
}

void *
arena_alloc(Arena *arena, size_t bytes)
{
    if (bytes > SIZE_MAX - ALIGNMENT)
        return NULL;
    size_t rounded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (rounded > arena->budget || arena->total > arena->budget - rounded)
        return NULL;
    Block *block = arena->newest;
    if (!block || block->capacity - block->used < rounded) {
        block = take_block(arena, rounded);
        if (!block)
            return NULL;
        block->older = arena->newest;
        arena->newest = block;
    }
    void *memory = block->data + block->used;
    block->used += rounded;
    arena->total += rounded;
    return memory;
}

void *
arena_zalloc(Arena *arena, size_t bytes)
{
    void *memory = arena_alloc(arena, bytes);
    if (memory)
        memset(memory, 0, bytes);
    return memory;
}

void *
arena_array(Arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    return arena_zalloc(arena, bytes);
}

Str
arena_str(Arena *arena, Str s)
{
    char *copy = s.n < SIZE_MAX ? arena_alloc(arena, s.n + 1) : NULL;
    if (!copy)
        return (Str){NULL, 0};
    if (s.n)
        memcpy(copy, s.p, s.n);
    copy[s.n] = '\0';
    return (Str){copy, s.n};
}

char *
arena_cstr(Arena *arena, Str s)
{
    char *copy = s.n < SIZE_MAX ? arena_alloc(arena, s.n + 1) : NULL;
    if (copy) {
        if (s.n)
            memcpy(copy, s.p, s.n);
        copy[s.n] = '\0';
    }
    return copy;
}

static char * PRINTF_LIKE(2, 0)
print_into(Arena *arena, const char *format, va_list args, size_t *ret_bytes)
{
    va_list again;
    va_copy(again, args);
    int bytes = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (bytes < 0)
        return NULL;
    char *text = arena_alloc(arena, (size_t)bytes + 1);
    if (text)
        (void)vsnprintf(text, (size_t)bytes + 1, format, args);
    *ret_bytes = (size_t)bytes;
    return text;
}

char *
arena_printf(Arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t bytes = 0;
    char *text = print_into(arena, format, args, &bytes);
    va_end(args);
    return text;
}

Str
arena_strf(Arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t bytes = 0;
    char *text = print_into(arena, format, args, &bytes);
    va_end(args);
    return (Str){text, text ? bytes : 0};
}

ArenaMark
arena_mark(const Arena *arena)
{
    return (ArenaMark){arena->newest, arena->newest ? arena->newest->used : 0, arena->total};
}

void
arena_reset_to(Arena *arena, ArenaMark mark)
{
    while (arena->newest && arena->newest != mark.block) {
        Block *block = arena->newest;
        arena->newest = block->older;
        if (arena->secret)
            wipe(block, 0);
        /* one of an unusual size would seldom be used again, and held all the time */
        if (block->capacity > LARGEST_BLOCK_BYTES) {
            free(block);
            continue;
        }
        block->older = arena->spare;
        arena->spare = block;
    }
    if (arena->newest && arena->secret)
        wipe(arena->newest, mark.used);
    if (arena->newest)
        arena->newest->used = mark.used;
    arena->total = mark.total;
}

void
arena_reset(Arena *arena)
{
    arena_reset_to(arena, (ArenaMark){NULL, 0, 0});
}

size_t
arena_used_bytes(const Arena *arena)
{
    return arena->total;
}

void
arena_adopt(Arena *arena, Arena *child)
{
    if (!child)
        return;
    /* Beneath the oldest block: whoever resets to a mark stops above it. */
    Block **oldest = &arena->newest;
    while (*oldest)
        oldest = &(*oldest)->older;
    *oldest = child->newest;
    child->newest = NULL;
    arena->total += child->total;
    (void)arena_free(child);
}

bool
vec_grow_(Arena *arena, void *items, size_t *capacity, size_t count, size_t size)
{
    size_t wanted = *capacity ? *capacity * 2 : 8;
    size_t bytes;
    if (wanted < *capacity || __builtin_mul_overflow(wanted, size, &bytes))
        return false;
    void *grown = arena_alloc(arena, bytes);
    if (!grown)
        return false;
    void *old;
    memcpy(&old, items, sizeof old);
    if (count)
        memcpy(grown, old, count * size);
    memcpy(items, &grown, sizeof grown);
    *capacity = wanted;
    return true;
}
