/* SPDX-License-Identifier: Apache-2.0 */
/* proc_limits.h -- open-file limits of processes, gathered from what was captured anyway. */
#ifndef COLLECTOR_PROC_LIMITS_H
#define COLLECTOR_PROC_LIMITS_H

#include "base/buf.h"
#include "base/map.h"

typedef struct {
    int64_t soft;           /* -1 unknown, INT64_MAX unlimited */
    int64_t hard;
} FileLimit;

typedef struct {
    Str namespace;
    Str pod;
    Str container;
    const char *process;    /* "1", "shell", "self" */
    FileLimit nofile;
    int64_t open_fds;       /* -1 unknown */
    const char *source;     /* "proc-limits", "ulimit", "metrics" */
} ProcLimit;

/* What the kernel of a node, or of the collector's machine, allows all its processes. */
typedef enum {
    KERNEL_FILE_MAX,
    KERNEL_FILES_OPEN,
    KERNEL_NR_OPEN,
    KERNEL_INOTIFY_INSTANCES,
    KERNEL_INOTIFY_WATCHES,
    KERNEL_LIMIT_COUNT
} KernelLimitId;

/* Name in limits.json, the probe that tells it (bundle/endpoints.def), and the file. */
typedef struct {
    const char *name;
    const char *what;
    const char *file;
} KernelLimitRow;
extern const KernelLimitRow KERNEL_LIMITS[KERNEL_LIMIT_COUNT];

typedef struct {
    Str node;               /* empty: the collector's machine */
    Str source;             /* "exec NS/POD/CONTAINER", "collector" */
    int64_t values[KERNEL_LIMIT_COUNT];   /* -1 unknown */
} KernelLimit;

typedef struct {
    Arena *arena;
    VEC(KernelLimit *) kernels;
    FileLimit own;          /* of the collector itself */
    int64_t own_fds;
    VEC(ProcLimit *) limits;
    Map by_key;
} LimitBook;

void limit_book_init(LimitBook *book, Arena *arena);
/* Of /proc/PID/limits, of "ulimit -a" of bash, dash and busybox; false where there is none. */
bool limit_parse_proc(Str text, FileLimit *ret);
bool limit_parse_ulimit(Str text, FileLimit *ret);
/* Value of a sample without labels in exposition text; false where it is not there. */
bool limit_parse_metric(Str text, const char *name, int64_t *ret);

/* nofile NULL or open_fds -1: not known from there.  Out of memory loses the entry only. */
void limit_book_add(LimitBook *book, Str namespace, Str pod, Str container, const char *process,
                    const char *source, const FileLimit *nofile, int64_t open_fds);
/* text: of such a file; its first number counts. */
void limit_book_add_kernel(LimitBook *book, Str node, Str source, KernelLimitId id, Str text);
/* The collector's own, from /proc/self and /proc/sys/fs. */
void limit_book_add_own(LimitBook *book);
/* {"limits": [{namespace, pod, container, process, nofile: {soft, hard}, open_fds, source}]};
 * "kernels": [{node, source, file_max, files_open, nr_open, inotify_instances, inotify_watches}],
 * "collector": {nofile: {soft, hard}, open_fds}};
 * unknown values are null, unlimited is the largest int64, so that comparisons hold. */
void limit_book_write(const LimitBook *book, Buf *out);

#endif
