/* SPDX-License-Identifier: Apache-2.0 */
/* arena.h -- memory that is given back all at once.
 *
 * An Arena owns plain data only: nothing in it is ever freed alone or needs a call.  It has
 * a budget; what would pass it fails like any allocation.  Memory is aligned for any type.
 * One thread at a time. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/status.h"
#include "base/str.h"

typedef struct Arena Arena;

/* budget_bytes: SIZE_MAX for none.  NULL when out of memory. */
Arena *arena_new(size_t budget_bytes);
Arena *arena_free(Arena *arena);             /* NULL in, NULL out */
void cleanup_arena(Arena **arena);
/* From now on what is given back is wiped: for secrets. */
void arena_keep_secret(Arena *arena);

/* NULL when out of memory or over the budget; zero bytes give a valid pointer. */
void *arena_alloc(Arena *arena, size_t bytes)
    __attribute__((malloc, alloc_size(2)));              /* not cleared */
void *arena_zalloc(Arena *arena, size_t bytes) __attribute__((malloc, alloc_size(2)));
void *arena_array(Arena *arena, size_t count, size_t size);   /* cleared; checks overflow */

#define ARENA_NEW(arena, type) ((type *)arena_zalloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_array((arena), (count), sizeof(type)))

/* Copies with a NUL behind them; p is NULL when out of memory. */
Str arena_str(Arena *arena, Str s);
char *arena_cstr(Arena *arena, Str s);
char *arena_printf(Arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
Str arena_strf(Arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);

/* Everything allocated after the mark is given back; blocks are kept for reuse. */
typedef struct {
    void *block;
    size_t used;
    size_t total;
} ArenaMark;
ArenaMark arena_mark(const Arena *arena);
void arena_reset_to(Arena *arena, ArenaMark mark);
void arena_reset(Arena *arena);

size_t arena_used_bytes(const Arena *arena);

/* Hands all that child holds over to arena, whatever its budget, and frees child; NULL is
 * nothing.  A mark of arena made earlier does not give it back, a reset of it all does. */
void arena_adopt(Arena *arena, Arena *child);

/* Growing array in an arena: VEC(Thing) things = {0}; Thing *t = VEC_PUSH(arena, &things);
 * (cleared; NULL when out of memory).  Growth leaves the old storage in the arena. */
#define VEC(type)      \
    struct {           \
        type *items;   \
        size_t count;  \
        size_t capacity; \
    }
bool vec_grow_(Arena *arena, void *items, size_t *capacity, size_t count, size_t size);
#define VEC_PUSH(arena, vec)                                                              \
    __extension__({                                                                       \
        __typeof__((vec)->items) pushed_ = NULL;                                          \
        if ((vec)->count < (vec)->capacity ||                                             \
            vec_grow_((arena), &(vec)->items, &(vec)->capacity, (vec)->count,             \
                      sizeof *(vec)->items)) {                                            \
            pushed_ = &(vec)->items[(vec)->count++];                                      \
            __builtin_memset(pushed_, 0, sizeof *pushed_);                                \
        }                                                                                 \
        pushed_;                                                                          \
    })

#endif
