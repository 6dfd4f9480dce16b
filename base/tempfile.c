/* SPDX-License-Identifier: Apache-2.0 */
/* tempfile.c -- a file that appears under its name whole, or not at all. */
#include "base/tempfile.h"

#include "base/cleanup.h"
#include "base/str.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

enum {
    NAME_TRIES = 100,
    RANDOM_LETTERS = 8,
    PREFIX_NAME_BYTES = 200,    /* the target's part, so that the rest fits in 255 */
};

/* A path taken apart; both parts are the caller's to free. */
typedef struct {
    char *folder;
    char *name;
} Parts;

static void
cleanup_parts(Parts *parts)
{
    free(parts->folder);
    free(parts->name);
}

static Status
split_path(const char *path, Parts *parts, Err *err)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    if (!slash)
        parts->folder = strdup(".");
    else
        parts->folder = strndup(path, slash == path ? 1 : (size_t)(slash - path));
    parts->name = strdup(name);
    return parts->folder && parts->name ? ST_OK : err_nomem(err);
}

static Status
open_folder(const char *folder, int *ret_fd, Err *err)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, ST_IO, "cannot open folder '%s'", folder);
    *ret_fd = fd;
    return ST_OK;
}

static Status
check_target(const TempFile *file, const char *path, Err *err)
{
    struct stat about;
    if (fstatat(file->folder_fd, file->target, &about, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT)
            return ST_OK;
        return err_errno(err, ST_IO, "cannot write '%s'", path);
    }
    if (S_ISDIR(about.st_mode))
        return err_set(err, ST_USAGE, "'%s' is a folder", path);
    if (!file->replace)
        return err_set(err, ST_EXISTS, "'%s' exists already", path);
    /* Renaming over /dev/null or a link would destroy it, not write to it. */
    if (!S_ISREG(about.st_mode))
        return err_set(err, ST_USAGE, "'%s' is not a regular file", path);
    return ST_OK;
}

/* Whether the writer of a partial file is gone.  A process may be out of sight (another
 * container on the same volume), but then it holds the lock; a lock may be unsupported, but
 * then the process is looked for. */
static bool
is_abandoned(int folder_fd, const char *name, pid_t pid)
{
    if (kill(pid, 0) == 0 || errno != ESRCH)
        return false;
    CLEANUP(cleanup_fd) int fd =
        openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat about;
    if (fd < 0 || fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) ||
        about.st_uid != geteuid())
        return false;
    return flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

/* The process in "PREFIXpid-letters"; 0 where the name is another. */
static pid_t
writer_of(const char *name, Str prefix)
{
    Str rest = str_of(name);
    Str digits;
    uint64_t pid;
    if (!str_starts(rest, prefix))
        return 0;
    rest = str_from(rest, prefix.n);
    if (!str_cut(&rest, '-', &digits) || rest.n != RANDOM_LETTERS ||
        !str_to_u64(digits, &pid) || pid > INT32_MAX)
        return 0;
    return (pid_t)pid;
}

/* Leftovers are a matter of tidiness: no failure here is an error. */
static void
remove_abandoned(int folder_fd, Str prefix)
{
    int fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CLEANUP(cleanup_dir) DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    if (!folder) {
        cleanup_fd(&fd);
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        pid_t pid = writer_of(entry->d_name, prefix);
        if (pid > 0 && is_abandoned(folder_fd, entry->d_name, pid))
            (void)unlinkat(folder_fd, entry->d_name, 0);
    }
}

static bool
random_letters(char out[RANDOM_LETTERS + 1])
{
    static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyz234567";
    unsigned char bytes[RANDOM_LETTERS];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return false;
    for (size_t i = 0; i < RANDOM_LETTERS; i++)
        out[i] = LETTERS[bytes[i] % 32];
    out[RANDOM_LETTERS] = '\0';
    return true;
}

/* Creates PREFIXpid-letters in the folder, whose name is for errors; *ret_name is the
 * caller's to free. */
static Status
create_partial(int folder_fd, const char *folder, const char *prefix, int *ret_fd,
               char **ret_name, Err *err)
{
    for (int tries = 0; tries < NAME_TRIES; tries++) {
        char letters[RANDOM_LETTERS + 1];
        CLEANUP(cleanup_free) char *name = NULL;
        if (!random_letters(letters))
            return err_errno(err, ST_IO, "no random bytes");
        if (asprintf(&name, "%s%d-%s", prefix, (int)getpid(), letters) < 0) {
            name = NULL;
            return err_nomem(err);
        }
        int fd = openat(folder_fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd >= 0) {
            /* Unsupported locks only make the cleaning up less sure. */
            (void)flock(fd, LOCK_EX | LOCK_NB);
            *ret_fd = fd;
            *ret_name = TAKE_PTR(name);
            return ST_OK;
        }
        if (errno != EEXIST)
            break;
    }
    return err_errno(err, ST_IO, "cannot create a file in folder '%s'", folder);
}

static Status
create(TempFile *file, const char *path, Err *err)
{
    CLEANUP(cleanup_parts) Parts parts = {NULL, NULL};
    TRY(split_path(path, &parts, err));
    if (str_is(str_of(parts.name), "") || str_is(str_of(parts.name), ".") ||
        str_is(str_of(parts.name), ".."))
        return err_set(err, ST_USAGE, "'%s' is a folder", path);
    TRY(open_folder(parts.folder, &file->folder_fd, err));
    file->target = TAKE_PTR(parts.name);
    TRY(check_target(file, path, err));
    CLEANUP(cleanup_free) char *prefix = NULL;
    if (asprintf(&prefix, ".%.*s.partial-", PREFIX_NAME_BYTES, file->target) < 0) {
        prefix = NULL;
        return err_nomem(err);
    }
    remove_abandoned(file->folder_fd, str_of(prefix));
    return create_partial(file->folder_fd, parts.folder, prefix, &file->fd, &file->partial, err);
}

Status
tempfile_create(TempFile *file, const char *target, bool replace, Err *err)
{
    TempFile made = TEMPFILE_INIT;
    made.replace = replace;
    Status status = create(&made, target, err);
    if (status == ST_OK)
        *file = made;
    else
        tempfile_done(&made);
    return status;
}

/* Renames only where the new name is free.  Not every file system can do that in one step:
 * NFS wants a link instead, and where there are no links the name is claimed first. */
static int
rename_to_free_name(int folder_fd, const char *from, const char *to)
{
    if (renameat2(folder_fd, from, folder_fd, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    if (linkat(folder_fd, from, folder_fd, to, 0) == 0) {
        (void)unlinkat(folder_fd, from, 0);
        return 0;
    }
    if (errno == EEXIST)
        return -1;
    int claim = openat(folder_fd, to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (claim < 0)
        return -1;
    (void)close(claim);
    if (renameat(folder_fd, from, folder_fd, to) == 0)
        return 0;
    int errnum = errno;
    (void)unlinkat(folder_fd, to, 0);
    errno = errnum;
    return -1;
}

static int
flush(int fd)
{
    int result;
    do
        result = fsync(fd);
    while (result != 0 && errno == EINTR);
    return result;
}

Status
tempfile_publish(TempFile *file, Err *err)
{
    if (flush(file->fd) != 0)
        return err_errno(err, ST_IO, "cannot write '%s'", file->target);
    int renamed = file->replace
                      ? renameat(file->folder_fd, file->partial, file->folder_fd, file->target)
                      : rename_to_free_name(file->folder_fd, file->partial, file->target);
    if (renamed != 0 && errno == EEXIST)
        return err_set(err, ST_EXISTS, "'%s' exists already", file->target);
    if (renamed != 0)
        return err_errno(err, ST_IO, "cannot name '%s'", file->target);
    free(file->partial);
    file->partial = NULL;
    /* Some file systems cannot flush a folder, and need not. */
    int flushed = flush(file->folder_fd);
    Status status = ST_OK;
    if (flushed != 0 && errno != EINVAL && errno != ENOTSUP)
        status = err_errno(err, ST_IO, "'%s' is written but may not survive a power cut",
                           file->target);
    tempfile_done(file);
    return status;
}

void
tempfile_done(TempFile *file)
{
    int saved = errno;
    if (file->partial)
        (void)unlinkat(file->folder_fd, file->partial, 0);
    cleanup_fd(&file->fd);
    cleanup_fd(&file->folder_fd);
    free(file->partial);
    free(file->target);
    *file = TEMPFILE_INIT;
    errno = saved;
}

Status
tempfile_spool(const char *beside, int *ret_fd, Err *err)
{
    CLEANUP(cleanup_parts) Parts parts = {NULL, NULL};
    CLEANUP(cleanup_fd) int folder_fd = -1;
    TRY(split_path(beside, &parts, err));
    TRY(open_folder(parts.folder, &folder_fd, err));
    /* O_EXCL: the file can never get a name. */
    int fd = openat(folder_fd, ".", O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
        CLEANUP(cleanup_free) char *name = NULL;
        TRY(create_partial(folder_fd, parts.folder, ".meshcase.partial-", &fd, &name, err));
        (void)unlinkat(folder_fd, name, 0);
    }
    if (fd < 0)
        return err_errno(err, ST_IO, "cannot create a file in folder '%s'", parts.folder);
    *ret_fd = fd;
    return ST_OK;
}
