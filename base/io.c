/* SPDX-License-Identifier: Apache-2.0 */
/* io.c -- whole reads and writes. */
#include "base/io.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio_ext.h>
#include <sys/stat.h>

enum { READ_CHUNK_BYTES = 64 * 1024 };

/* After a failed call: whether to try it again.  A descriptor that somebody else made
 * non-blocking is waited for. */
static bool
again(int fd, short events)
{
    if (errno == EAGAIN) {
        struct pollfd wanted = {.fd = fd, .events = events};
        return poll(&wanted, 1, -1) >= 0 || errno == EINTR;
    }
    return errno == EINTR;
}

static ssize_t
read_some(int fd, void *out, size_t n)
{
    ssize_t got;
    do
        got = read(fd, out, n);
    while (got < 0 && again(fd, POLLIN));
    return got;
}

Status
io_read(int fd, void *out, size_t n, size_t *ret_n, Err *err)
{
    size_t done = 0;
    while (done < n) {
        ssize_t got = read_some(fd, (char *)out + done, n - done);
        if (got < 0)
            return err_errno(err, ST_IO, "read");
        if (got == 0)
            break;
        done += (size_t)got;
    }
    *ret_n = done;
    return ST_OK;
}

/* Whether n bytes at offset stay within what off_t can say. */
static bool
in_file(uint64_t offset, size_t n)
{
    uint64_t end;
    return !__builtin_add_overflow(offset, (uint64_t)n, &end) && end <= INT64_MAX;
}

Status
io_pread(int fd, void *out, size_t n, uint64_t offset, size_t *ret_n, Err *err)
{
    size_t done = 0;
    if (!in_file(offset, n))
        return err_set(err, ST_IO, "read: offset %llu is out of range",
                       (unsigned long long)offset);
    while (done < n) {
        ssize_t got = pread(fd, (char *)out + done, n - done, (off_t)(offset + done));
        if (got < 0 && again(fd, POLLIN))
            continue;
        if (got < 0)
            return err_errno(err, ST_IO, "read");
        if (got == 0)
            break;
        done += (size_t)got;
    }
    *ret_n = done;
    return ST_OK;
}

/* Who is told of a failure knows standard output, and no other descriptor. */
static const char *
writing_to(int fd)
{
    return fd == STDOUT_FILENO ? "cannot write standard output" : "write";
}

Status
io_write(int fd, const void *bytes, size_t n, Err *err)
{
    for (size_t done = 0; done < n;) {
        ssize_t put = write(fd, (const char *)bytes + done, n - done);
        if (put < 0 && again(fd, POLLOUT))
            continue;
        if (put < 0)
            return err_errno(err, ST_IO, "%s", writing_to(fd));
        done += (size_t)put;
    }
    return ST_OK;
}

Status
io_pwrite(int fd, const void *bytes, size_t n, uint64_t offset, Err *err)
{
    if (!in_file(offset, n))
        return err_set(err, ST_IO, "write: offset %llu is out of range",
                       (unsigned long long)offset);
    for (size_t done = 0; done < n;) {
        ssize_t put = pwrite(fd, (const char *)bytes + done, n - done, (off_t)(offset + done));
        if (put < 0 && again(fd, POLLOUT))
            continue;
        if (put < 0)
            return err_errno(err, ST_IO, "write");
        done += (size_t)put;
    }
    return ST_OK;
}

Status
io_read_all(int fd, Buf *out, Err *err)
{
    TRY(buf_status(out, err));
    for (;;) {
        char probe;
        size_t room = out->max_bytes > out->n ? out->max_bytes - out->n : 0;
        if (room > READ_CHUNK_BYTES)
            room = READ_CHUNK_BYTES;
        char *to = room ? buf_reserve(out, room) : &probe;
        if (!to)
            return buf_status(out, err);
        ssize_t got = read_some(fd, to, room ? room : 1);
        if (got < 0)
            return err_errno(err, ST_IO, "read");
        if (got == 0)
            return ST_OK;
        if (room == 0)
            return err_set(err, ST_LIMIT, "more than %zu bytes", out->max_bytes);
        out->n += (size_t)got;
        out->data[out->n] = '\0';
    }
}

Status
io_read_file(Arena *arena, const char *path, size_t max_bytes, Str *ret, Err *err)
{
    /* O_NONBLOCK: opening a FIFO must not wait for its writer. */
    CLEANUP(cleanup_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        bool absent = errno == ENOENT || errno == ENOTDIR;
        return err_errno(err, absent ? ST_NOT_FOUND : ST_IO, "cannot open '%s'", path);
    }
    struct stat about;
    if (fstat(fd, &about) != 0)
        return err_errno(err, ST_IO, "cannot read '%s'", path);
    if (!S_ISREG(about.st_mode))
        return err_set(err, ST_FORMAT, "'%s' is not a regular file", path);
    if (about.st_size > 0 && (uint64_t)about.st_size > max_bytes)
        return err_set(err, ST_LIMIT, "'%s' has more than %zu bytes", path, max_bytes);
    /* The size is a hint only: files grow, and those of /proc say 0. */
    CLEANUP(buf_done) Buf buf = BUF_INIT(max_bytes);
    Err why = {0};
    Status status = io_read_all(fd, &buf, &why);
    if (status != ST_OK)
        return err_set(err, status, "cannot read '%s': %s", path, why.text);
    Str text = arena_str(arena, buf_str(&buf));
    if (!text.p)
        return err_nomem(err);
    *ret = text;
    return ST_OK;
}

int
io_above_standard(int fd)
{
    if (fd < 0 || fd > STDERR_FILENO)
        return fd;
    int above = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    int saved = errno;
    (void)close(fd);
    errno = saved;
    return above;
}

Status
io_finish_stdout(Err *err)
{
    bool pending = __fpending(stdout) > 0;
    bool failed = ferror(stdout) != 0;
    errno = 0;
    if (fclose(stdout) != 0 && (pending || errno != EBADF))
        return err_errno(err, ST_IO, "%s", writing_to(STDOUT_FILENO));
    /* Closed from the start and nothing written: nothing is lost. */
    if (failed)
        return err_set(err, ST_IO, "%s", writing_to(STDOUT_FILENO));
    return ST_OK;
}
