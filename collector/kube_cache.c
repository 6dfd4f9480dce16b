/* SPDX-License-Identifier: Apache-2.0 */
/* kube_cache.c -- tells kubectl what we know already.
 *
 * kubectl exec looks up what "pods" are by asking for every API group at once, dozens of
 * requests that no pace of ours holds back.  It reads them from its cache where it finds them
 * there, so we put the core group into the private cache that it is given.  Where kubectl does
 * not take it, it asks as ever. */
#include "collector/kube.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CORE_ALONE                                                                             \
    "{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[{\"name\":\"\",\"versions\":[{"  \
    "\"groupVersion\":\"v1\",\"version\":\"v1\"}],\"preferredVersion\":{\"groupVersion\":\"v1\","  \
    "\"version\":\"v1\"}}]}\n"

/* The folder of a server in kubectl's cache: its address, with '_' for what is neither a letter
 * nor a digit nor '.' nor '/'. */
static char *
folder_of(const Kube *kube)
{
    Str server = str_of(kube->server);
    size_t at;
    if (str_find(server, STR("://"), &at))
        server = str_from(server, at + 3);
    if (server.n == 0 || str_find(server, STR(".."), &at))
        return NULL;
    char *path = arena_printf(kube->arena, "%s/cache/discovery/%.*s/v1", kube->folder,
                              STR_ARG(server));
    char *name = path ? path + strlen(kube->folder) + sizeof "/cache/discovery" : NULL;
    for (char *c = name; c && *c; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
              *c == '.' || *c == '/'))
            *c = '_';
    return path;
}

static bool
make_folders(char *path, size_t from)
{
    for (char *slash = strchr(path + from, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0700);
        *slash = '/';
    }
    return mkdir(path, 0700) == 0;
}

static void
write_file(const char *path, Str text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    bool whole = write(fd, text.p, text.n) == (ssize_t)text.n;
    (void)close(fd);
    if (!whole)
        (void)unlink(path);
}

void
kube_know_core(Kube *kube, Str resources)
{
    char *folder = folder_of(kube);
    if (!folder || !make_folders(folder, strlen(kube->folder) + 1))
        return;
    char *file = arena_printf(kube->arena, "%s/serverresources.json", folder);
    char *groups = arena_printf(kube->arena, "%.*s/servergroups.json", (int)(strlen(folder) - 3),
                                folder);
    if (!file || !groups)
        return;
    write_file(file, resources);
    write_file(groups, str_of(CORE_ALONE));
}
