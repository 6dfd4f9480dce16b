/* SPDX-License-Identifier: Apache-2.0 */
/* proc_limits.c -- four texts that tell the same number. */
#include "collector/proc_limits.h"

#include "base/io.h"

#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

void
limit_book_init(LimitBook *book, Arena *arena)
{
    *book = (LimitBook){.arena = arena, .own = {-1, -1}, .own_fds = -1};
    map_init(&book->by_key, arena);
}

static bool
cut_word(Str *rest, Str *ret)
{
    *rest = str_trim(*rest);
    size_t n = 0;
    while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t')
        n++;
    *ret = str_head(*rest, n);
    *rest = str_from(*rest, n);
    return n > 0;
}

static bool
parse_count(Str word, int64_t *ret)
{
    if (str_is(word, "unlimited")) {
        *ret = INT64_MAX;
        return true;
    }
    return str_to_i64(word, ret) && *ret >= 0;
}

bool
limit_parse_proc(Str text, FileLimit *ret)
{
    for (Str line; str_cut(&text, '\n', &line);) {
        Str soft;
        Str hard;
        if (!str_starts(line, STR("Max open files")))
            continue;
        line = str_from(line, 14);
        return cut_word(&line, &soft) && cut_word(&line, &hard) && parse_count(soft, &ret->soft) &&
               parse_count(hard, &ret->hard);
    }
    return false;
}

bool
limit_parse_ulimit(Str text, FileLimit *ret)
{
    for (Str line; str_cut(&text, '\n', &line);) {
        size_t at;
        bool open_files = str_find(line, STR("(-n)"), &at) || str_find(line, STR(" -n)"), &at);
        if (!open_files && !str_starts(line, STR("nofiles")))
            continue;
        line = str_trim(line);
        if (!str_rfind_char(line, ' ', &at))
            return false;
        ret->hard = -1;
        return parse_count(str_from(line, at + 1), &ret->soft);
    }
    return false;
}

bool
limit_parse_metric(Str text, const char *name, int64_t *ret)
{
    size_t n = strlen(name);
    for (Str line; str_cut(&text, '\n', &line);) {
        Str value;
        double number;
        if (!str_starts(line, str_of(name)) || line.n <= n || line.p[n] != ' ')
            continue;
        line = str_from(line, n);
        if (!cut_word(&line, &value) || !str_to_double(value, &number) ||
            !(number >= 0 && number < 9e18))
            return false;
        *ret = (int64_t)number;
        return true;
    }
    return false;
}

void
limit_book_add(LimitBook *book, Str namespace, Str pod, Str container, const char *process,
               const char *source, const FileLimit *nofile, int64_t open_fds)
{
    Str key = arena_strf(book->arena, "%.*s/%.*s/%.*s/%s/%s", STR_ARG(namespace), STR_ARG(pod),
                         STR_ARG(container), process, source);
    ProcLimit *limit = key.p ? map_get(&book->by_key, key) : NULL;
    if (!key.p)
        return;
    if (!limit) {
        limit = ARENA_NEW(book->arena, ProcLimit);
        ProcLimit **place = limit ? VEC_PUSH(book->arena, &book->limits) : NULL;
        if (!place)
            return;
        *limit = (ProcLimit){namespace, pod, container, process, {-1, -1}, -1, source};
        *place = limit;
        (void)!map_put(&book->by_key, key, limit);
    }
    if (nofile)
        limit->nofile = *nofile;
    if (open_fds >= 0)
        limit->open_fds = open_fds;
}

static json_t *
count(int64_t value)
{
    return value < 0 ? json_null() : json_integer(value);
}

const KernelLimitRow KERNEL_LIMITS[KERNEL_LIMIT_COUNT] = {
    [KERNEL_FILE_MAX] = {"file_max", "file-max.txt", "/proc/sys/fs/file-max"},
    [KERNEL_FILES_OPEN] = {"files_open", "file-nr.txt", "/proc/sys/fs/file-nr"},
    [KERNEL_NR_OPEN] = {"nr_open", "nr_open.txt", "/proc/sys/fs/nr_open"},
    [KERNEL_INOTIFY_INSTANCES] = {"inotify_instances", "inotify-instances.txt",
                                  "/proc/sys/fs/inotify/max_user_instances"},
    [KERNEL_INOTIFY_WATCHES] = {"inotify_watches", "inotify-watches.txt",
                                "/proc/sys/fs/inotify/max_user_watches"},
};

void
limit_book_add_kernel(LimitBook *book, Str node, Str source, KernelLimitId id, Str text)
{
    Str word;
    int64_t value;
    KernelLimit *kernel = NULL;
    for (size_t i = 0; i < book->kernels.count && !kernel; i++)
        if (str_eq(book->kernels.items[i]->node, node))
            kernel = book->kernels.items[i];
    if (!cut_word(&text, &word) || !parse_count(word, &value))
        return;
    if (!kernel) {
        kernel = ARENA_NEW(book->arena, KernelLimit);
        KernelLimit **place = kernel ? VEC_PUSH(book->arena, &book->kernels) : NULL;
        if (!place)
            return;
        *place = kernel;
        kernel->node = node;
        kernel->source = source;
        for (int i = 0; i < KERNEL_LIMIT_COUNT; i++)
            kernel->values[i] = -1;
    }
    kernel->values[id] = value;
}

void
limit_book_add_own(LimitBook *book)
{
    Str text;
    DIR *folder = opendir("/proc/self/fd");
    for (int i = 0; i < KERNEL_LIMIT_COUNT; i++)
        if (io_read_file(book->arena, KERNEL_LIMITS[i].file, 4096, &text, NULL) == ST_OK)
            limit_book_add_kernel(book, STR(""), STR("collector"), (KernelLimitId)i, text);
    if (io_read_file(book->arena, "/proc/self/limits", 64 << 10, &text, NULL) == ST_OK)
        (void)limit_parse_proc(text, &book->own);
    if (!folder)
        return;
    book->own_fds = -3;                  /* ".", ".." and the folder itself */
    while (readdir(folder))
        book->own_fds++;
    (void)closedir(folder);
}

static void
write_object(Buf *out, bool first, json_t *object)
{
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    if (text)
        buf_printf(out, "%s\n%s", first ? "" : ",", text);
    else
        out->failed = ST_NOMEM;
    free(text);
    json_decref(object);
}

static json_t *
process_object(const ProcLimit *limit)
{
    return json_pack("{s:s%, s:s%, s:s%, s:s, s:{s:o, s:o}, s:o, s:s}", "namespace",
                     limit->namespace.p, limit->namespace.n, "pod", limit->pod.p, limit->pod.n,
                     "container", limit->container.p, limit->container.n, "process",
                     limit->process, "nofile", "soft", count(limit->nofile.soft), "hard",
                     count(limit->nofile.hard), "open_fds", count(limit->open_fds), "source",
                     limit->source);
}

static json_t *
kernel_object(const KernelLimit *kernel)
{
    json_t *object =
        json_pack("{s:o, s:s%}", "node",
                  kernel->node.n ? json_stringn(kernel->node.p, kernel->node.n) : json_null(),
                  "source", kernel->source.p, kernel->source.n);
    for (int i = 0; object && i < KERNEL_LIMIT_COUNT; i++)
        (void)json_object_set_new(object, KERNEL_LIMITS[i].name, count(kernel->values[i]));
    return object;
}

void
limit_book_write(const LimitBook *book, Buf *out)
{
    buf_adds(out, "{\"limits\": [");
    for (size_t i = 0; i < book->limits.count; i++)
        write_object(out, i == 0, process_object(book->limits.items[i]));
    buf_adds(out, "\n],\n\"kernels\": [");
    for (size_t i = 0; i < book->kernels.count; i++)
        write_object(out, i == 0, kernel_object(book->kernels.items[i]));
    buf_adds(out, "\n],\n\"collector\":");
    write_object(out, true,
                 json_pack("{s:{s:o, s:o}, s:o}", "nofile", "soft", count(book->own.soft), "hard",
                           count(book->own.hard), "open_fds", count(book->own_fds)));
    buf_adds(out, "}\n");
}
