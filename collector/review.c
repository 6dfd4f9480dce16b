/* SPDX-License-Identifier: Apache-2.0 */
/* review.c -- one SelfSubjectAccessReview for each need. */
#include "collector/review.h"

#include "base/timestamp.h"
#include "collector/span.h"

#include <curl/curl.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define REVIEWS "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"

enum { ANSWER_BYTES = 1 << 20 };

static void
cleanup_easy(CURL **easy)
{
    curl_easy_cleanup(*easy);
}

static void
cleanup_slist(struct curl_slist **list)
{
    curl_slist_free_all(*list);
}

static size_t
on_body(char *bytes, size_t size, size_t count, void *context)
{
    buf_add(context, bytes, size * count);
    return size * count;
}

static bool
set_common(CURL *easy, const Kube *kube)
{
    return curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, kube->socket) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TIMEOUT, 15L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK;
}

static char *
question(const Need *need)
{
    json_t *attributes = json_pack("{s:s%, s:s%, s:s%}", "verb", need->verb.p, need->verb.n,
                                   "group", need->group.n ? need->group.p : "", need->group.n,
                                   "resource", need->resource.p, need->resource.n);
    if (attributes && need->subresource.n)
        (void)json_object_set_new(attributes, "subresource",
                                  json_stringn(need->subresource.p, need->subresource.n));
    if (attributes && need->namespace.n)
        (void)json_object_set_new(attributes, "namespace",
                                  json_stringn(need->namespace.p, need->namespace.n));
    json_t *object =
        json_pack("{s:s, s:s, s:{s:o}}", "kind", "SelfSubjectAccessReview", "apiVersion",
                  "authorization.k8s.io/v1", "spec", "resourceAttributes", attributes);
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    return text;
}

static void
read_answer(Arena *arena, Str body, long status, Need *need)
{
    SpanTree tree;
    if (status / 100 != 2 || span_parse(arena, body, &tree, NULL) != ST_OK) {
        need->reason = arena_strf(arena, "the access review was answered with status %ld", status);
        return;
    }
    need->asked = true;
    need->allowed = str_is(span_raw(&tree, span_path(&tree, 0, "status.allowed")), "true") &&
                    span_path(&tree, 0, "status.allowed");
    need->reason = arena_str(arena, span_string(&tree, span_path(&tree, 0, "status.reason")));
}

static Status
ask(CURL *easy, Arena *arena, Need *need, Err *err)
{
    CLEANUP(buf_done) Buf body = BUF_INIT(ANSWER_BYTES);
    char *text = question(need);
    long status = 0;
    if (!text)
        return err_nomem(err);
    bool set = curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, text) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_WRITEDATA, &body) == CURLE_OK;
    free(text);
    if (!set)
        return err_nomem(err);
    CURLcode code = curl_easy_perform(easy);
    (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK)
        need->reason = arena_str(arena, str_of(curl_easy_strerror(code)));
    else
        read_answer(arena, str_of(arena_cstr(arena, body.n ? buf_str(&body) : STR(""))), status,
                    need);
    return ST_OK;
}

/* Of "User \"NAME\" cannot": the name, where it is one that YAML takes in quotes. */
static Str
user_of(Str message)
{
    size_t at;
    if (!str_find(message, STR("User \\\""), &at))
        return STR("");
    Str name = str_from(message, at + 7);
    if (!str_find(name, STR("\\\" cannot"), &at) || at > 256)
        return STR("");
    name = str_head(name, at);
    for (size_t i = 0; i < name.n; i++)
        if ((unsigned char)name.p[i] < ' ' || strchr("\"\\", name.p[i]))
            return STR("");
    return name;
}

/* What the API server says to a GET of that path. */
static Status
get(CURL *easy, Arena *arena, const char *path, Str *ret, Err *err)
{
    CLEANUP(buf_done) Buf body = BUF_INIT(ANSWER_BYTES);
    char *url = arena_printf(arena, "http://localhost%s", path);
    if (!url || curl_easy_setopt(easy, CURLOPT_URL, url) != CURLE_OK ||
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, &body) != CURLE_OK)
        return err_nomem(err);
    *ret = curl_easy_perform(easy) == CURLE_OK && body.n ? arena_str(arena, buf_str(&body)) : STR("");
    return ST_OK;
}

/* A path that the caller may not read: one of the needs, or a page that nobody has. */
static const char *
refused_path(Arena *arena, const Need *needs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const Need *need = &needs[i];
        if (need->allowed || !str_is(need->verb, "list") || str_is(need->resource, "secrets"))
            continue;
        return arena_printf(arena, "%s%.*s/%.*s%s%.*s/%.*s?limit=1", need->group.n ? "/apis/" : "/api",
                            STR_ARG(need->group), STR_ARG(need->version),
                            need->namespace.n ? "/namespaces/" : "", STR_ARG(need->namespace),
                            STR_ARG(need->resource));
    }
    return "/meshcase-collect-asks-who-it-is";
}

Status
review_user(Kube *kube, Arena *arena, const Need *needs, size_t count, Str *ret, Err *err)
{
    CLEANUP(cleanup_easy) CURL *easy = curl_easy_init();
    const char *path = refused_path(arena, needs, count);
    Str said = STR("");
    *ret = STR("");
    if (!easy || !path)
        return err_nomem(err);
    TRY(kube_proxy_start(kube, KUBE_PROXY_READ, err));
    if (!set_common(easy, kube))
        return err_nomem(err);
    TRY(get(easy, arena, path, &said, err));
    *ret = user_of(said);
    return ST_OK;
}

Status
review_needs(Kube *kube, Arena *arena, Need *needs, size_t count, unsigned rate, int cancel_fd,
             Err *err)
{
    CLEANUP(cleanup_easy) CURL *easy = curl_easy_init();
    CLEANUP(cleanup_slist)
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    if (!easy || !headers)
        return err_nomem(err);
    TRY(kube_proxy_start(kube, KUBE_PROXY_REVIEW, err));
    bool set = set_common(easy, kube) &&
               curl_easy_setopt(easy, CURLOPT_URL, "http://localhost" REVIEWS) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers) == CURLE_OK;
    if (!set)
        return err_nomem(err);
    for (size_t i = 0; i < count; i++) {
        struct pollfd cancel = {.fd = cancel_fd, .events = POLLIN};
        if (poll(&cancel, 1, (int)(1000 / (rate ? rate : 1))) > 0)
            return err_set(err, ST_CANCELLED, "interrupted");
        TRY(ask(easy, arena, &needs[i], err));
    }
    return ST_OK;
}
