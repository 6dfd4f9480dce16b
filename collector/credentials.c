/* SPDX-License-Identifier: Apache-2.0 */
/* credentials.c -- reads kubectl's view of its configuration; nothing of it is kept. */
#include "collector/credentials.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/timestamp.h"
#include "collector/span.h"

#define SERVICE_ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount/token"

enum { CONFIG_BYTES = 4 << 20, TOKEN_BYTES = 64 << 10 };

static void
learn_file(Arena *arena, const char *path, Redactor *redactor)
{
    Str text;
    if (io_read_file(arena, path, TOKEN_BYTES, &text, NULL) == ST_OK)
        redactor_add_known(redactor, text);
}

/* Names of what is no secret: files, commands, who it is. */
static bool
is_public(Str key)
{
    static const char *const KEYS[] = {"name", "user", "username", "command", "apiVersion",
                                       "client-certificate-data", "client-certificate", "client-key",
                                       "interactiveMode", "installHint", "idp-issuer-url", "cmd-path",
                                       "client-id", "expiry", "as"};
    for (size_t i = 0; i < sizeof KEYS / sizeof *KEYS; i++)
        if (str_is(key, KEYS[i]))
            return true;
    return key.n == 0;
}

static void
learn_users(Arena *arena, const SpanTree *tree, Redactor *redactor)
{
    uint32_t users = span_get(tree, 0, "users");
    if (!users)
        return;
    for (uint32_t i = users; i < tree->spans[users].after; i++) {
        if (tree->spans[i].type != SPAN_STRING)
            continue;
        Str key = span_key(tree, i);
        Str value = span_string(tree, i);
        if (str_is(key, "tokenFile")) {
            char *path = arena_cstr(arena, value);
            if (path)
                learn_file(arena, path, redactor);
        } else if (!is_public(key)) {
            redactor_add_known(redactor, value);
        }
    }
}

void
credentials_learn(const Kube *kube, Redactor *redactor)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(4 * CONFIG_BYTES);
    CLEANUP(subprocess_result_done) SubprocessResult result = {0};
    if (!arena)
        return;
    arena_keep_secret(arena);
    learn_file(arena, SERVICE_ACCOUNT, redactor);
    SubprocessSpec spec = {
        .argv = kube_argv(kube, arena,
                          (const char *const[]){"config", "view", "--raw", "--minify", "-o", "json",
                                                NULL}),
        .env = kube->env,
        .timeout_ns = 5 * NS_PER_S,
        .max_stdout_bytes = CONFIG_BYTES,
        .max_stderr_bytes = 4 << 10,
        .cancel_fd = kube->cancel_fd};
    SpanTree tree;
    if (!spec.argv || subprocess_run(&spec, &result, NULL) != ST_OK)
        return;
    result.out.secret = true;       /* wiped when it is given back */
    if (span_parse(arena, buf_str(&result.out), &tree, NULL) == ST_OK)
        learn_users(arena, &tree, redactor);
}
