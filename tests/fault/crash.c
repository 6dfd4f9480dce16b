/* SPDX-License-Identifier: Apache-2.0 */
/* crash.c -- preloaded by tests: libraries with a defect that one text sets off.
 *
 * What reads or unpacks $CRASH_ON ($CRASH_IN: yaml, what parses it) takes the process down in the
 * way of $CRASH_HOW: segv (the default), abort, exit, spin or open (a system call that the sandbox
 * forbids). */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <yaml.h>
#include <zlib.h>

static void
go_down(void)
{
    const char *how = getenv("CRASH_HOW");
    how = how ? how : "segv";
    if (strcmp(how, "abort") == 0)
        abort();
    if (strcmp(how, "exit") == 0)
        _exit(0);
    if (strcmp(how, "open") == 0)
        (void)open("/etc/passwd", O_RDONLY);
    struct rlimit one = {1, 1};
    if (strcmp(how, "spin") == 0) {
        (void)setrlimit(RLIMIT_CPU, &one);
        for (volatile unsigned long i = 0; i < ~0UL; i++)
            ;
    }
    *(volatile int *)one.rlim_cur = 1;
}

static void
look_at(const char *where, const void *bytes, size_t n)
{
    const char *text = getenv("CRASH_ON");
    const char *in = getenv("CRASH_IN");
    if (text && (in ? strcmp(in, where) == 0 : strcmp(where, "yaml") != 0) && n > 0 && memmem(bytes, n, text, strlen(text)))
        go_down();
}

/* Where the process would have gone without us. */
#define NEXT(type, name) type *next = (type *)dlsym(RTLD_NEXT, name)

typedef ssize_t ReadFunction(int fd, void *out, size_t n);
ssize_t
read(int fd, void *out, size_t n)
{
    NEXT(ReadFunction, "read");
    ssize_t got = next(fd, out, n);
    if (got > 0)
        look_at("read", out, (size_t)got);
    return got;
}

typedef int InflateFunction(z_streamp stream, int flush);
int
inflate(z_streamp stream, int flush)
{
    NEXT(InflateFunction, "inflate");
    const unsigned char *from = stream->next_out;
    int result = next(stream, flush);
    look_at("inflate", from, (size_t)(stream->next_out - from));
    return result;
}

/* The head of isa-l's inflate_state: igzip_lib.h. */
typedef struct {
    unsigned char *next_out;
    unsigned avail_out;
} IsalState;
typedef int IsalFunction(IsalState *state);
int isal_inflate(IsalState *state);
int
isal_inflate(IsalState *state)
{
    NEXT(IsalFunction, "isal_inflate");
    const unsigned char *from = state->next_out;
    int result = next(state);
    look_at("inflate", from, (size_t)(state->next_out - from));
    return result;
}

typedef void YamlFunction(yaml_parser_t *parser, const unsigned char *text, size_t n);
void
yaml_parser_set_input_string(yaml_parser_t *parser, const unsigned char *text, size_t n)
{
    NEXT(YamlFunction, "yaml_parser_set_input_string");
    look_at("yaml", text, n);
    next(parser, text, n);
}
