/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox.c -- gives up, for good, whatever a process does not need to compute. */
#include "base/sandbox.h"

#include "base/cleanup.h"
#include "base/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <locale.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* Sanitizers map, open and signal on their own; counters of coverage are written to files. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(SANDBOX_OFF)
enum { IS_BUILT = 0 };
#else
enum { IS_BUILT = 1 };
#endif

bool
sandbox_is_built(void)
{
    return IS_BUILT;
}

Status
sandbox_prepare(Err *err)
{
    Digest digest;
    /* without it a reader would look for it later, where it may open nothing any more */
    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        return err_errno(err, ST_UNSUPPORTED, "the locale C.UTF-8");
    if (setenv("TZ", "UTC0", 1) != 0)
        return err_nomem(err);
    tzset();
    return digest_of(STR(""), &digest, err);
}

/* ---- limits ---- */

static Status
set_limit(int resource, uint64_t value, const char *name, Err *err)
{
    struct rlimit limit;
    if (getrlimit((__rlimit_resource_t)resource, &limit) != 0)
        return err_errno(err, ST_IO, "the limit of %s", name);
    if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > value)
        limit.rlim_max = value;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit((__rlimit_resource_t)resource, &limit) != 0)
        return err_errno(err, ST_IO, "the limit of %s", name);
    return ST_OK;
}

static Status
set_limits(const SandboxSpec *spec, Err *err)
{
    TRY(set_limit(RLIMIT_CORE, 0, "core dumps", err));
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return err_errno(err, ST_IO, "giving up core dumps");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return err_errno(err, ST_IO, "giving up new privileges");
    if (!IS_BUILT)
        return ST_OK;
    if (!spec->can_print)
        TRY(set_limit(RLIMIT_FSIZE, 0, "file sizes", err));
    if (spec->cpu_seconds)
        TRY(set_limit(RLIMIT_CPU, spec->cpu_seconds, "processor time", err));
    return spec->address_bytes ? set_limit(RLIMIT_AS, spec->address_bytes, "memory", err) : ST_OK;
}

/* ---- Landlock ---- */

/* Rights by the version of Landlock that knows them, from 1 on (linux/landlock.h; Debian 12's
 * copy ends before the later ones, which are therefore numbers here). */
static const uint64_t FILE_RIGHTS[] = {
    [1] = (1ULL << 13) - 1,     /* execute, read, write, list, remove, make */
    [2] = 1ULL << 13,           /* link and rename across folders */
    [3] = 1ULL << 14,           /* truncate */
    [4] = 0,
    [5] = 1ULL << 15,           /* ioctl of devices */
};
enum { NET_SINCE = 4, SCOPE_SINCE = 6 };
static const uint64_t NET_RIGHTS = 3;       /* bind and connect TCP */
static const uint64_t SCOPES = 3;           /* abstract sockets, signals */

/* As in linux/landlock.h of Linux 6.12; older kernels take a shorter one. */
typedef struct {
    uint64_t handled_access_fs;
    uint64_t handled_access_net;
    uint64_t scoped;
} Ruleset;

static Ruleset
ruleset_of(long version, size_t *ret_bytes)
{
    Ruleset ruleset = {0};
    long known = (long)(sizeof FILE_RIGHTS / sizeof *FILE_RIGHTS) - 1;
    for (long i = 1; i <= version && i <= known; i++)
        ruleset.handled_access_fs |= FILE_RIGHTS[i];
    *ret_bytes = sizeof ruleset.handled_access_fs;
    if (version >= NET_SINCE) {
        ruleset.handled_access_net = NET_RIGHTS;
        *ret_bytes = offsetof(Ruleset, scoped);
    }
    if (version >= SCOPE_SINCE) {
        ruleset.scoped = SCOPES;
        *ret_bytes = sizeof ruleset;
    }
    return ruleset;
}

static bool
allow_reading_below(int ruleset_fd, int folder_fd)
{
    struct landlock_path_beneath_attr below = {
        .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
        .parent_fd = folder_fd,
    };
    return syscall(SYS_landlock_add_rule, ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, &below, 0) == 0;
}

static bool
enter_landlock(const SandboxSpec *spec)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1)
        return false;
    size_t bytes;
    Ruleset ruleset = ruleset_of(version, &bytes);
    CLEANUP(cleanup_fd) int fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, bytes, 0);
    for (size_t i = 0; fd >= 0 && i < spec->folder_count; i++)
        if (!allow_reading_below(fd, spec->folder_fds[i]))
            return false;
    return fd >= 0 && syscall(SYS_landlock_restrict_self, fd, 0) == 0;
}

/* ---- seccomp ---- */

static void
cleanup_filter(scmp_filter_ctx *filter)
{
    seccomp_release(*filter);
}

static int
allow_calls(scmp_filter_ctx filter)
{
    static const int CALLS[] = {
#define CALL(name) SCMP_SYS(name),
#include "base/sandbox_calls.def"
#undef CALL
    };
    int failed = 0;
    for (size_t i = 0; i < sizeof CALLS / sizeof *CALLS && !failed; i++)
        failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, CALLS[i], 0);
    return failed;
}

/* Memory may be anything but executable.  Refused, not fatal: PCRE2 then interprets. */
static int
allow_memory(scmp_filter_ctx filter)
{
    static const int CALLS[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};
    int failed = 0;
    for (size_t i = 0; i < sizeof CALLS / sizeof *CALLS && !failed; i++) {
        failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, CALLS[i], 1,
                                  SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
        if (!failed)
            failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), CALLS[i], 1,
                                      SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
    }
    return failed;
}

/* Threads, but no processes.  The flags of clone3 are out of a filter's sight; told that there
 * is none, glibc takes clone. */
static int
allow_threads(scmp_filter_ctx filter)
{
    int failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                                  SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
    return failed ? failed
                  : seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

/* Opening to read; Landlock, where there is one, keeps it below the folder. */
static int
allow_folder(scmp_filter_ctx filter)
{
    int failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
                                  SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC,
                                          O_RDONLY));
    return failed ? failed : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(getdents64), 0);
}

/* What asks about a descriptor; not what has its signals sent to somebody. */
static int
allow_questions(scmp_filter_ctx filter)
{
    static const int COMMANDS[] = {F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC};
    int failed = 0;
    for (size_t i = 0; i < sizeof COMMANDS / sizeof *COMMANDS && !failed; i++)
        failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
                                  SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)COMMANDS[i]));
    return failed;
}

/* What the C library asks of a terminal before it prints. */
static int
allow_printing(scmp_filter_ctx filter)
{
    static const unsigned long REQUESTS[] = {TCGETS, TIOCGWINSZ};
    int failed = 0;
    for (size_t i = 0; i < sizeof REQUESTS / sizeof *REQUESTS && !failed; i++)
        failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
                                  SCMP_A1(SCMP_CMP_EQ, REQUESTS[i]));
    return failed;
}

static bool
enter_seccomp(const SandboxSpec *spec)
{
    CLEANUP(cleanup_filter) scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!filter)
        return false;
    return allow_calls(filter) == 0 && allow_memory(filter) == 0 && allow_threads(filter) == 0 &&
           allow_questions(filter) == 0 && (spec->folder_count == 0 || allow_folder(filter) == 0) &&
           (!spec->can_print || allow_printing(filter) == 0) && seccomp_load(filter) == 0;
}

Status
sandbox_enter(const SandboxSpec *spec, SandboxState *ret, Err *err)
{
    *ret = (SandboxState){0};
    TRY(set_limits(spec, err));
    if (!IS_BUILT)
        return ST_OK;
    ret->has_landlock = enter_landlock(spec);
    ret->has_seccomp = enter_seccomp(spec);
    return ST_OK;
}
