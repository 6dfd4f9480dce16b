/* SPDX-License-Identifier: Apache-2.0 */
/* kube.c -- a clean environment for kubectl, and its proxy on a private socket. */
#include "collector/kube.h"

#include "base/cleanup.h"
#include "base/timestamp.h"
#include "collector/answer.h"
#include "collector/guard.h"
#include "collector/signals.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_PREFIX "meshcase-"

extern char **environ;

/* What kubectl would otherwise take from the caller's surroundings. */
static const char *const SETTINGS[] = {
    "KUBERC=off", "LC_ALL=C", "LANG=C", "TZ=UTC", "NO_COLOR=1", "TERM=dumb", NULL,
};
static const char *const REMOVED[] = {"KUBECTL_EXTERNAL_DIFF", "KUBECACHEDIR",
                                      "KUBECTL_PLUGINS_PATH", NULL};

static bool
same_name(const char *variable, const char *setting)
{
    size_t n = strcspn(setting, "=");
    return strncmp(variable, setting, n) == 0 && variable[n] == '=';
}

static bool
is_kept(const char *variable)
{
    for (const char *const *s = SETTINGS; *s; s++)
        if (same_name(variable, *s))
            return false;
    for (const char *const *s = REMOVED; *s; s++)
        if (same_name(variable, *s))
            return false;
    return true;
}

static Status
make_env(Kube *kube, Err *err)
{
    size_t count = 0;
    while (environ[count])
        count++;
    const char **env =
        ARENA_ARRAY(kube->arena, const char *, count + sizeof SETTINGS / sizeof *SETTINGS + 2);
    if (!env)
        return err_nomem(err);
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (is_kept(environ[i]))
            env[n++] = environ[i];
    for (const char *const *s = SETTINGS; *s; s++)
        env[n++] = *s;
    kube->env = env;
    return ST_OK;
}

/* Folders of runs that were killed before any guard could remove them: ours by owner, and
 * their process is gone. */
static void
remove_orphans(Arena *arena, const char *parent)
{
    DIR *list = opendir(parent);
    const struct dirent *entry;
    while (list && (entry = readdir(list))) {
        struct stat info;
        char *end = NULL;
        if (strncmp(entry->d_name, FOLDER_PREFIX, strlen(FOLDER_PREFIX)) != 0)
            continue;
        long process = strtol(entry->d_name + strlen(FOLDER_PREFIX), &end, 10);
        if (process <= 0 || *end != '-' || kill((pid_t)process, 0) == 0 || errno != ESRCH ||
            fstatat(dirfd(list), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISDIR(info.st_mode) || info.st_uid != geteuid())
            continue;
        char *path = arena_printf(arena, "%s/%s", parent, entry->d_name);
        if (path)
            guard_remove_folder(path);
    }
    if (list)
        (void)closedir(list);
}

static Status
make_folder(Kube *kube, Err *err)
{
    const char *parent = getenv("TMPDIR");
    parent = parent && *parent ? parent : "/tmp";
    remove_orphans(kube->arena, parent);
    char *folder = arena_printf(kube->arena, "%s/" FOLDER_PREFIX "%ld-XXXXXX", parent,
                                (long)getpid());
    if (!folder)
        return err_nomem(err);
    if (!mkdtemp(folder))
        return err_errno(err, ST_IO, "create the temporary folder '%s'", folder);
    kube->folder = folder;
    kube->socket = arena_printf(kube->arena, "%s/s", folder);
    kube->parent = arena_printf(kube->arena, "%ld", (long)getpid());
    signals_cover_folder(kube->folder, kube->socket);
    return kube->socket && kube->parent ? ST_OK : err_nomem(err);
}

/* kubectl ARGS: its output, trimmed, in *ret (may be NULL). */
static Status
ask(const Kube *kube, const char *const *args, Str *ret, Err *err)
{
    SubprocessSpec spec = {.argv = kube_argv(kube, kube->arena, args), .env = kube->env,
                           .timeout_ns = 15 * NS_PER_S, .max_stdout_bytes = 64 << 10,
                           .max_stderr_bytes = 64 << 10, .cancel_fd = kube->cancel_fd};
    CLEANUP(subprocess_result_done) SubprocessResult result = {0};
    if (!spec.argv)
        return err_nomem(err);
    TRY(subprocess_run(&spec, &result, err));
    if (result.cancelled)
        return err_set(err, ST_CANCELLED, "interrupted; nothing was written");
    if (result.exit_code == GUARD_NO_COMMAND)
        return err_set(err, ST_NOT_FOUND, "kubectl cannot be run");
    if (result.exit_code != 0)
        return err_set(err, ST_USAGE, STR_FMT, STR_ARG(answer_last_line(buf_str(&result.err))));
    if (ret)
        *ret = arena_str(kube->arena, str_trim(buf_str(&result.out)));
    return ST_OK;
}

/* Version of kubectl itself from its JSON; ST_NOT_FOUND where there is no kubectl. */
static Status
read_version(Kube *kube, Err *err)
{
    Str text = STR("");
    size_t at;
    Err why = {0};
    kube->version = "";
    Status status =
        ask(kube, (const char *const[]){"version", "--client", "-o", "json", NULL}, &text, &why);
    if (status == ST_NOT_FOUND)
        return err_set(err, ST_NOT_FOUND,
                       "kubectl is not in PATH: install it, or add its folder to PATH");
    if (status != ST_OK || !str_find(text, STR("\"gitVersion\": \""), &at))
        return ST_OK;
    Str rest = str_from(text, at + 15);
    if (str_find_char(rest, '"', &at))
        kube->version = arena_cstr(kube->arena, str_head(rest, at < 64 ? at : 64));
    return kube->version ? ST_OK : err_nomem(err);
}

/* Of the context in use its name and its server; inside a cluster there may be none, and
 * kubectl takes what the pod was given. */
static Status
read_context(Kube *kube, const char *context, Err *err)
{
    const char *const view[] = {"config", "view", "--minify", "-o",
                                "jsonpath={.current-context}{\"\\n\"}{.clusters[0].cluster.server}",
                                NULL};
    const char *host = getenv("KUBERNETES_SERVICE_HOST");
    const char *port = getenv("KUBERNETES_SERVICE_PORT");
    Str text = STR("");
    Str name = STR("");
    Status status = ask(kube, view, &text, err);
    if (status == ST_CANCELLED || status == ST_NOMEM)
        return status;
    if (status == ST_OK && text.p) {
        (void)str_cut(&text, '\n', &name);
        kube->server = arena_cstr(kube->arena, text.p ? text : STR(""));
    } else if (host && port) {
        kube->server = arena_printf(kube->arena, "https://%s:%s", host, port);
        name = STR("in-cluster");
    }
    kube->context = context ? context : arena_cstr(kube->arena, name);
    err_clear(err);
    return kube->server && kube->context ? ST_OK : err_nomem(err);
}

Status
kube_open(Arena *arena, const KubeOptions *options, Kube *ret, Err *err)
{
    *ret = (Kube){.arena = arena,
                  .context = "",
                  .server = "",
                  .cancel_fd = options->cancel_fd,
                  .proxy = SUBPROCESS_INIT};
    TRY(make_env(ret, err));
    TRY(make_folder(ret, err));
    size_t n = 0;
    if (options->kubeconfig)
        ret->global[n++] = arena_printf(arena, "--kubeconfig=%s", options->kubeconfig);
    if (options->context)
        ret->global[n++] = arena_printf(arena, "--context=%s", options->context);
    ret->global[n++] = arena_printf(arena, "--cache-dir=%s/cache", ret->folder);
    for (size_t i = 0; i < n; i++)
        if (!ret->global[i])
            return err_nomem(err);
    TRY(read_version(ret, err));
    return read_context(ret, options->context, err);
}

void
kube_close(Kube *kube)
{
    kube_proxy_stop(kube);
    if (kube->folder)
        guard_remove_folder(kube->folder);
    signals_cover_folder(NULL, NULL);
    kube->folder = NULL;
}

const char *const *
kube_argv(const Kube *kube, Arena *arena, const char *const *args)
{
    const char *const head[] = {GUARD_PROGRAM, GUARD_WORD, kube->parent, kube->folder, "kubectl"};
    size_t count = 0;
    size_t n = 0;
    while (args[count])
        count++;
    const char **argv = ARENA_ARRAY(arena, const char *, count + 12);
    if (!argv)
        return NULL;
    for (size_t i = 0; i < sizeof head / sizeof *head; i++)
        argv[n++] = head[i];
    for (const char *const *global = kube->global; *global; global++)
        argv[n++] = *global;
    for (size_t i = 0; i < count; i++)
        argv[n++] = args[i];
    return argv;
}

/* Reads what the proxy says until it listens, ends, or the time is over. */
static Status
await_proxy(Kube *kube, Err *err)
{
    CLEANUP(buf_done) Buf said = BUF_INIT(64 << 10);
    int64_t until = timestamp_monotonic() + 15 * NS_PER_S;
    struct pollfd fds[] = {{.fd = kube->proxy.out_fd, .events = POLLIN},
                           {.fd = kube->proxy.err_fd, .events = POLLIN},
                           {.fd = kube->cancel_fd, .events = POLLIN}};
    size_t at;
    while (timestamp_monotonic() < until) {
        int exit_code;
        (void)poll(fds, 3, 50);
        if (fds[2].revents)
            return err_set(err, ST_CANCELLED, "interrupted; nothing was written");
        for (int i = 0; i < 2; i++) {
            char text[4096];
            ssize_t n = fds[i].revents ? read(fds[i].fd, text, sizeof text) : 0;
            if (n > 0)
                buf_add(&said, text, (size_t)n);
            else if (fds[i].revents)
                fds[i].fd = -1;
        }
        if (str_find(buf_str(&said), STR("Starting to serve"), &at))
            return ST_OK;
        if (fds[0].fd < 0 && fds[1].fd < 0 && subprocess_ended(&kube->proxy, &exit_code)) {
            Str line = answer_last_line(buf_str(&said));
            return err_set(err, ST_UNREACHABLE, STR_FMT, STR_ARG(line));
        }
    }
    return err_set(err, ST_UNREACHABLE, "kubectl proxy did not start to listen within 15 s");
}

Status
kube_proxy_start(Kube *kube, KubeProxy what, Err *err)
{
    const char *socket = arena_printf(kube->arena, "--unix-socket=%s", kube->socket);
    if (!socket)
        return err_nomem(err);
    const char *const read_args[] = {"proxy", socket, "--reject-methods=^(POST|PUT|PATCH|DELETE)$",
                                     NULL};
    const char *const review_args[] = {
        "proxy", socket, "--reject-methods=^(PUT|PATCH|DELETE)$",
        "--accept-paths=^/apis/authorization\\.k8s\\.io/v1/selfsubject(access|rules)reviews$",
        NULL};
    kube_proxy_stop(kube);
    SubprocessSpec spec = {.argv = kube_argv(kube, kube->arena,
                                             what == KUBE_PROXY_READ ? read_args : review_args),
                           .env = kube->env,
                           .cancel_fd = -1};
    if (!spec.argv)
        return err_nomem(err);
    TRY(subprocess_start(&spec, &kube->proxy, err));
    Status status = await_proxy(kube, err);
    if (status != ST_OK)
        kube_proxy_stop(kube);
    return status;
}

bool
kube_proxy_lives(Kube *kube)
{
    int exit_code;
    if (kube->proxy.pid == 0)
        return false;
    /* What it says about single requests is repeated in its answers. */
    for (int i = 0; i < 2; i++) {
        char drop[4096];
        int fd = i ? kube->proxy.err_fd : kube->proxy.out_fd;
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        while (fd >= 0 && poll(&poll_fd, 1, 0) > 0 && (poll_fd.revents & POLLIN) &&
               read(fd, drop, sizeof drop) > 0)
            continue;
    }
    return !subprocess_ended(&kube->proxy, &exit_code);
}

void
kube_proxy_stop(Kube *kube)
{
    if (kube->proxy.pid != 0)
        subprocess_stop(&kube->proxy);
    kube->proxy = SUBPROCESS_INIT;
    if (kube->socket)
        (void)unlink(kube->socket);
}
