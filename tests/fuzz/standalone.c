/* SPDX-License-Identifier: Apache-2.0 */
/* standalone.c -- drives a fuzz target without an engine: fuzz_NAME [SECONDS [SEED]] PATH...
 *
 * Runs every file (of every folder) once, then mutations of them for SECONDS of the processor.
 * What takes more than five of them is killed by SIGPROF; the input that was under way when the process died is in
 * $FUZZ_LAST (default: fuzz-NAME.last in the current folder). */
#include "base/cleanup.h"
#include "base/io.h"
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>

enum {
    INPUT_BYTES = 64 * 1024,
    TIMEOUT_SECONDS = 5,
    SEEDS = 4096,
    EDITS = 6,
};

static Arena *arena;
static Str seeds[SEEDS];
static size_t seed_count;
static uint64_t state;
static char *last;          /* shared memory that survives: length, then bytes */

/* xorshift64*: the same numbers everywhere. */
static uint32_t
next_number(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * 0x2545F4914F6CDD1DULL) >> 32);
}

static uint32_t
below(size_t n)
{
    return n ? (uint32_t)(next_number() % n) : 0;
}

static void
add_seed(const char *path)
{
    Err err = {0};
    Str text;
    if (seed_count == SEEDS || io_read_file(arena, path, INPUT_BYTES, &text, &err) != ST_OK)
        return;
    seeds[seed_count++] = text;
}

static void
add_path(const char *path)
{
    CLEANUP(cleanup_dir) DIR *dir = opendir(path);
    const struct dirent *entry;
    if (!dir) {
        add_seed(path);
        return;
    }
    while ((entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            add_seed(arena_printf(arena, "%s/%s", path, entry->d_name));
}

static void
run(const uint8_t *bytes, size_t n)
{
    uint32_t length = (uint32_t)n;
    memcpy(last, &length, sizeof length);
    if (n > 0)
        memcpy(last + sizeof length, bytes, n);
    const struct itimerval most = {.it_value = {.tv_sec = TIMEOUT_SECONDS}};
    (void)setitimer(ITIMER_PROF, &most, NULL);
    (void)LLVMFuzzerTestOneInput(bytes, n);
    (void)setitimer(ITIMER_PROF, &(struct itimerval){0}, NULL);
}

/* Replaces, drops, doubles or brings in bytes from another seed. */
static size_t
edit(uint8_t *bytes, size_t n)
{
    static const char *const WORDS[] = {
        "\"", "{", "}", "[", "]", ":", ",", "\n", "\\u0000", "\xff", "\0", "-", "1e999", "%", "$",
        "..", "/", "(", ")", "*", "{{", "}}", "&a", "*a", "9223372036854775808", "null", "\r\n",
    };
    Str other = seeds[below(seed_count)];
    size_t at = below(n + 1);
    size_t piece;
    switch (below(6)) {
    case 0:
        if (at < n)
            bytes[at] = (uint8_t)next_number();
        return n;
    case 1:
        if (at < n)
            bytes[at] ^= (uint8_t)(1u << below(8));
        return n;
    case 2:
        piece = below(n - at + 1);
        memmove(bytes + at, bytes + at + piece, n - at - piece);
        return n - piece;
    case 3:
        other = str_of(WORDS[below(sizeof WORDS / sizeof *WORDS)]);
        break;
    case 4:
        other = str_head((Str){(const char *)bytes + at, n - at}, below(64) + 1);
        break;
    default:
        other = str_sub(other, below(other.n), below(256) + 1);
        break;
    }
    if (n + other.n > INPUT_BYTES)
        return n;
    char copy[256];
    other = str_head(other, sizeof copy);
    if (other.n > 0)
        memcpy(copy, other.p, other.n);
    memmove(bytes + at + other.n, bytes + at, n - at);
    memcpy(bytes + at, copy, other.n);
    return n + other.n;
}

static uint64_t
mutate(double seconds)
{
    static uint8_t bytes[INPUT_BYTES];
    uint64_t count = 0;
    clock_t end = clock() + (clock_t)(seconds * CLOCKS_PER_SEC);
    while (clock() < end) {
        Str seed = seeds[below(seed_count)];
        size_t n = seed.n;
        if (n > 0)
            memcpy(bytes, seed.p, n);
        for (uint32_t i = below(EDITS) + 1; i > 0; i--)
            n = edit(bytes, n);
        run(bytes, n);
        count++;
    }
    return count;
}

static bool
share_last(const char *program)
{
    const char *path = getenv("FUZZ_LAST");
    const char *name = strrchr(program, '/');
    if (!path)
        path = arena_printf(arena, "%s.last", name ? name + 1 : program);
    CLEANUP(cleanup_fd) int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t bytes = INPUT_BYTES + sizeof(uint32_t);
    if (fd < 0 || ftruncate(fd, (off_t)bytes) != 0)
        return false;
    last = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return last != MAP_FAILED;
}

int
main(int argc, char **argv)
{
    arena = arena_new(SIZE_MAX);
    int first = 1;
    double seconds = 0;
    state = 1;
    if (argc > 1 && str_to_double(str_of(argv[1]), &seconds))
        first = 2;
    if (argc > 2 && first == 2 && str_to_u64(str_of(argv[2]), &state))
        first = 3;
    state = state * 0x9E3779B97F4A7C15ULL | 1;
    if (!arena || !share_last(argv[0]))
        return 1;
    seeds[seed_count++] = STR("");
    for (int i = first; i < argc; i++)
        add_path(argv[i]);
    for (size_t i = 0; i < seed_count; i++)
        run((const uint8_t *)seeds[i].p, seeds[i].n);
    uint64_t count = mutate(seconds);
    (void)printf("%zu seeds, %llu mutations\n", seed_count, (unsigned long long)count);
    arena = arena_free(arena);
    return 0;
}
