/* SPDX-License-Identifier: Apache-2.0 */
/* discover.c -- which resources are served, asked of the API server itself, so that nothing
 * depends on what kubectl believes.  kubernetes/discovery.json is a List of the
 * APIResourceLists as they were served. */
#include "collector/discover.h"
#include "collector/take.h"

#include "collector/span.h"

#include <string.h>

enum { DOCUMENT_BYTES = 4 << 20, VERSIONS_MAX = 500 };

/* One document of discovery. */
typedef struct Page {
    Run *run;
    Job job;
    Buf body;
    Str group;
    Str version;
    bool failed;
    struct Page *next;
} Page;

struct Discovery {
    Page *first;
    Page **end;
    unsigned count;
    unsigned failed;
    unsigned open;            /* asked, not answered */
    CaptureClass class;
    Str reason;
};

static Status
page_bytes(Job *job, const char *bytes, size_t n, Err *err)
{
    Page *page = job->owner;
    buf_add(&page->body, bytes, n);
    return buf_status(&page->body, err);
}

static Page *
page_new(Run *run, const char *path, JobDoneFn *on_done)
{
    Page *page = ARENA_NEW(run->arena, Page);
    if (!page || !path) {
        run_fail(run, ST_NOMEM, NULL);
        return NULL;
    }
    page->run = run;
    page->body = BUF_INIT(DOCUMENT_BYTES);
    page->job = (Job){
        .path = path, .urgent = true, .on_bytes = page_bytes, .on_done = on_done, .owner = page};
    return page;
}

static void
page_failed(Page *page, CaptureClass class, const char *reason)
{
    Discovery *discovery = page->run->discovery;
    page->failed = true;
    discovery->failed++;
    discovery->class = class;
    discovery->reason = run_clean(page->run, reason);
    run_log(page->run, "%s: %s: %s", page->job.path, capture_class_name(class), reason);
}

/* What the page says under the key, a list; a page that is something else has failed: what
 * it should have told must not pass for nothing. */
static bool
page_list(Page *page, Arena *scratch, const char *key, SpanTree *tree, uint32_t *ret)
{
    Err err = {0};
    Status status =
        scratch ? span_parse(scratch, buf_str(&page->body), tree, &err) : err_nomem(&err);
    if (status == ST_NOMEM) {
        run_fail(page->run, ST_NOMEM, NULL);
        return false;
    }
    *ret = status == ST_OK ? span_get(tree, 0, key) : 0;
    if (status == ST_OK && span_is(tree, *ret, SPAN_LIST))
        return true;
    page_failed(page, CAPTURE_CLASS_MALFORMED,
                status == ST_OK ? "the answer is JSON, but no discovery" : "the answer is no JSON");
    return false;
}

static bool
has_verb(const SpanTree *tree, uint32_t resource, const char *verb)
{
    uint32_t verbs = span_get(tree, resource, "verbs");
    for (uint32_t i = verbs ? span_first(tree, verbs) : 0; i; i = span_next(tree, verbs, i))
        if (str_is(span_string(tree, i), verb))
            return true;
    return false;
}

/* Names go into paths, members and the roles that --preflight prints. */
static bool
is_name(Str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!((name.p[i] >= 'a' && name.p[i] <= 'z') || (name.p[i] >= '0' && name.p[i] <= '9') ||
              name.p[i] == '.' || name.p[i] == '-'))
            return false;
    return name.n > 0;
}

bool
discover_add(Run *run, const Resource *what)
{
    Cluster *cluster = &run->cluster;
    if (!is_name(what->plural) || (what->group.n && !is_name(what->group)) ||
        (what->version.n && !is_name(what->version)))
        return false;
    for (size_t k = 0; k < cluster->resources.count; k++)
        if (str_eq(cluster->resources.items[k].plural, what->plural) &&
            str_eq(cluster->resources.items[k].group, what->group))
            return false;
    Resource *resource = VEC_PUSH(run->arena, &cluster->resources);
    if (!resource) {
        run_fail(run, ST_NOMEM, NULL);
        return false;
    }
    *resource = (Resource){arena_str(run->arena, what->group), arena_str(run->arena, what->version),
                           arena_str(run->arena, what->plural), arena_str(run->arena, what->kind),
                           what->namespaced};
    return true;
}

static void
read_resources(Run *run, const Page *page, const SpanTree *tree, uint32_t list)
{
    for (uint32_t i = span_first(tree, list); i; i = span_next(tree, list, i)) {
        Resource resource = {page->group, page->version,
                             span_string(tree, span_get(tree, i, "name")),
                             span_string(tree, span_get(tree, i, "kind")),
                             str_is(span_raw(tree, span_get(tree, i, "namespaced")), "true")};
        if (has_verb(tree, i, "list"))           /* "pods/log" is no name */
            (void)discover_add(run, &resource);
    }
}

/* What the page serves; its List goes to out unless that is NULL.  False: it was none. */
static bool
read_page(Page *page, Buf *out)
{
    CLEANUP(cleanup_arena) Arena *scratch = arena_new(SIZE_MAX);
    SpanTree tree;
    uint32_t list;
    if (!page_list(page, scratch, "resources", &tree, &list))
        return false;
    read_resources(page->run, page, &tree, list);
    if (out)
        buf_add_str(out, str_trim(buf_str(&page->body)));
    return true;
}

static void
page_closed(Run *run)
{
    if (--run->discovery->open == 0)
        run->discovered = true;
}

static void
resources_done(Job *job, const Answer *answer)
{
    Page *page = job->owner;
    if (answer->class != CAPTURE_CLASS_NONE)
        page_failed(page, answer->class, answer->reason);
    else if (page->group.n == 0 && read_page(page, NULL))
        kube_know_core(page->run->kube, buf_str(&page->body));
    page->run->core_known |= page->group.n == 0;
    page_closed(page->run);
}

static void
add_version(Run *run, const char *path, Str group, Str version)
{
    Discovery *discovery = run->discovery;
    if (discovery->count >= VERSIONS_MAX) {
        discovery->count++;
        discovery->failed++;
        discovery->class = CAPTURE_CLASS_TRUNCATED;
        discovery->reason = STR("there are too many API groups");
        return;
    }
    Page *page = page_new(run, path, resources_done);
    if (!page)
        return;
    page->group = arena_str(run->arena, group);
    page->version = arena_str(run->arena, version);
    discovery->count++;
    discovery->open++;
    *discovery->end = page;
    discovery->end = &page->next;
    fetch_add(run->fetch, &page->job);
}

/* The preferred version of a group first, then the others as they are listed. */
static void
add_group(Run *run, const SpanTree *tree, uint32_t group)
{
    Str name = span_string(tree, span_get(tree, group, "name"));
    Str preferred = span_string(tree, span_path(tree, group, "preferredVersion.version"));
    uint32_t versions = span_get(tree, group, "versions");
    if (!span_is(tree, versions, SPAN_LIST))
        return;
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t i = span_first(tree, versions); i; i = span_next(tree, versions, i)) {
            Str version = span_string(tree, span_get(tree, i, "version"));
            if (str_eq(version, preferred) == (pass == 0) && is_name(name) && is_name(version))
                add_version(run,
                            arena_printf(run->arena, "/apis/%.*s/%.*s", STR_ARG(name),
                                         STR_ARG(version)),
                            name, version);
        }
}

static void
groups_done(Job *job, const Answer *answer)
{
    Page *page = job->owner;
    CLEANUP(cleanup_arena) Arena *scratch = arena_new(SIZE_MAX);
    SpanTree tree;
    uint32_t groups;
    page->run->discovery->count++;
    if (answer->class != CAPTURE_CLASS_NONE)
        page_failed(page, answer->class, answer->reason);
    else if (fetch_transport(page->run->fetch) == FETCH_GET)
        page_failed(page, CAPTURE_CLASS_UNSUPPORTED,
                    discover_read_table(page->run, buf_str(&page->body))
                        ? "only kubectl api-resources tells what is served"
                        : "kubectl api-resources tells nothing");
    else if (page_list(page, scratch, "groups", &tree, &groups))
        for (uint32_t i = span_first(&tree, groups); i; i = span_next(&tree, groups, i))
            add_group(page->run, &tree, i);
    buf_done(&page->body);
    page_closed(page->run);
}

static void
version_after(Take *take, const Answer *answer)
{
    CLEANUP(cleanup_arena) Arena *scratch = arena_new(SIZE_MAX);
    SpanTree tree;
    if (answer->class == CAPTURE_CLASS_NONE && scratch &&
        span_parse(scratch, buf_str(&take->tap), &tree, NULL) == ST_OK)
        take->run->cluster.server_version =
            arena_str(take->run->arena, span_string(&tree, span_get(&tree, 0, "gitVersion")));
}

void
discover_start(Run *run)
{
    run->discovery = ARENA_NEW(run->arena, Discovery);
    if (!run->discovery) {
        run_fail(run, ST_NOMEM, NULL);
        return;
    }
    run->discovery->end = &run->discovery->first;
    Take *version = take_new(run, MEMBER_K8S_VERSION, member_name_fixed(MEMBER_K8S_VERSION), "get");
    Page *groups = page_new(run, "/apis", groups_done);
    if (!version || !groups)
        return;
    static const char *const TABLE[] = {"api-resources", "--verbs=list", NULL};
    groups->job.instead = TABLE;
    version->form = REDACT_JSON;
    version->tapped = true;
    version->after = version_after;
    version->job.path = "/version";
    version->job.urgent = true;
    take_start(version);
    run->discovery->open++;
    fetch_add(run->fetch, &groups->job);
    add_version(run, "/api/v1", STR(""), STR("v1"));
}

static void
discover_record(Run *run, Buf *text)
{
    Cluster *cluster = &run->cluster;
    const Discovery *discovery = run->discovery;
    buf_adds(text, "\n]}\n");
    bool any = cluster->resources.count > 0 || !discovery->failed;
    if (any)
        take_text(run, MEMBER_K8S_DISCOVERY, member_name_fixed(MEMBER_K8S_DISCOVERY), "get",
                  REDACT_TEXT, buf_str(text));
    cluster->discovery_state = !discovery->failed ? CAPTURE_COMPLETE
                               : any              ? CAPTURE_PARTIAL
                                                  : CAPTURE_FAILED;
    cluster->discovery_class = discovery->class;
    cluster->discovery_reason = discovery->reason;
    if (!any) {
        run_note(run,
                 &(RunNote){member_name_fixed(MEMBER_K8S_DISCOVERY), MEMBER_K8S_DISCOVERY, "get",
                            STR(""), CAPTURE_FAILED, discovery->class, discovery->reason});
    } else if (discovery->failed && run->manifest->captures.count > 0) {
        Capture *record = &run->manifest->captures.items[run->manifest->captures.count - 1];
        record->state = CAPTURE_PARTIAL;
        record->class = discovery->class;
        record->reason =
            arena_strf(run->arena, "%u of %u versions of API groups could not be read: %.*s",
                       discovery->failed, discovery->count, STR_ARG(discovery->reason));
    }
}

void
discover_end(Run *run)
{
    CLEANUP(buf_done) Buf text = BUF_INIT(64 << 20);
    bool first = true;
    buf_adds(&text, "{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[");
    for (Page *page = run->discovery->first; page; page = page->next) {
        CLEANUP(buf_done) Buf list = BUF_INIT(DOCUMENT_BYTES);
        if (!page->failed && read_page(page, &list)) {
            buf_printf(&text, "%s\n", first ? "" : ",");
            buf_add_str(&text, buf_str(&list));
            first = false;
        }
        buf_done(&page->body);
    }
    discover_record(run, &text);
}
