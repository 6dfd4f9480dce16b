/* SPDX-License-Identifier: Apache-2.0 */
/* resources.c -- Lists of objects, page by page, joined into one member a resource.
 *
 * A list that changes while it is read (410) goes on with the token that the API server
 * offers, and is then marked, or is read once more from the start in one page. */
#include "collector/take.h"

#include "base/timestamp.h"
#include "collector/list_split.h"
#include "collector/span.h"

#include <jansson.h>
#include <string.h>

#define METADATA_ACCEPT                                            \
    "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io," \
    "application/json;as=PartialObjectMetadataList;v=v1beta1;g=meta.k8s.io"

enum {
    PAGE_ITEMS = 500,
    PAGES_MAX = 10000,
    EMPTY_PAGES_MAX = 20,    /* in a row */
    TOKEN_BYTES_MAX = 16 << 10,
};

typedef struct {
    Take take;               /* name, file, stream; its job is the current page */
    const Resource *resource;
    const char *plural;
    const char *const *bases;    /* paths: one, or one a namespace; ends with NULL */
    size_t base;
    ListSplit split;
    ListHead head;           /* of the first page */
    Answer first;            /* times and status of the first page */
    bool begun;              /* the first page is whole: there is a List to write */
    bool whole;              /* asked for without paging, after a 410 */
    bool inconsistent;       /* went on past a 410 */
    bool limited;            /* only some namespaces */
    bool is_pods;
    uint64_t items;
    uint64_t oversized;
    uint64_t items_before;   /* the page that is asked for */
    unsigned pages;
    unsigned empty_pages;
} Listing;

static void ask_page(Listing *listing, Str token);

static Status
to_spool(void *context, const char *bytes, size_t n, Err *err)
{
    Listing *listing = context;
    return spool_write(listing->take.file, bytes, n, err);
}

static Status
take_item(void *context, Str item, Err *err)
{
    Listing *listing = context;
    Run *run = listing->take.run;
    if (listing->items++ > 0)
        TRY(to_spool(listing, ",\n", 2, err));
    TRY(redact_stream_item(listing->take.stream, item, listing->plural, err));
    if (listing->is_pods && cluster_add_pod(&run->cluster, item, err) == ST_NOMEM)
        return ST_NOMEM;
    if (strcmp(listing->plural, "nodes") == 0)
        run->cluster.nodes++;
    return ST_OK;
}

static Status
page_bytes(Job *job, const char *bytes, size_t n, Err *err)
{
    Listing *listing = job->owner;
    Status status = list_split_feed(&listing->split, bytes, n, err);
    return status == ST_LIMIT && !spool_is_full(listing->take.run->spool) ? ST_FORMAT : status;
}

/* What a page says of its List where it broke off before it said so. */
static Status
assume_head(Listing *listing, Err *err)
{
    const Resource *resource = listing->resource;
    ListHead *head = &listing->head;
    Arena *arena = listing->take.run->arena;
    if (head->kind.n > 0)
        return ST_OK;
    bool metadata = listing->take.plan->metadata_only;
    head->kind = metadata ? STR("PartialObjectMetadataList")
                          : arena_strf(arena, "%.*sList", STR_ARG(resource->kind));
    head->api_version =
        metadata ? STR("meta.k8s.io/v1")
        : resource->group.n
            ? arena_strf(arena, "%.*s/%.*s", STR_ARG(resource->group), STR_ARG(resource->version))
            : resource->version;
    head->resource_version = STR("");
    return head->kind.p && head->api_version.p ? ST_OK : err_nomem(err);
}

/* {"apiVersion":…,"kind":…,"metadata":{"resourceVersion":…},"items":[ */
static Status
write_head(Listing *listing, Err *err)
{
    TRY(assume_head(listing, err));
    const ListHead *head = &listing->head;
    json_t *object =
        json_pack("{s:s%, s:s%, s:{s:s%}}", "apiVersion", head->api_version.p, head->api_version.n,
                  "kind", head->kind.p, head->kind.n, "metadata", "resourceVersion",
                  head->resource_version.n ? head->resource_version.p : "",
                  head->resource_version.n);
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    if (!text)
        return err_nomem(err);
    CLEANUP(buf_done) Buf out = BUF_INIT(1 << 20);
    buf_add(&out, text, strlen(text) - 1);
    buf_adds(&out, ",\"items\":[\n");
    free(text);
    TRY(buf_status(&out, err));
    return spool_prepend(listing->take.file, buf_str(&out), err);
}

static void
finish(Listing *listing, Answer *answer)
{
    Run *run = listing->take.run;
    Err err = {0};
    Status status = ST_OK;
    if (listing->begun) {
        status = to_spool(listing, "\n]}\n", 4, &err);
        if (status == ST_OK)
            status = spool_end(listing->take.file, &err);
        if (status == ST_OK)
            status = write_head(listing, &err);
        if (status != ST_OK) {
            listing->take.file = NULL;
            answer_fail(answer, spool_is_full(run->spool) ? CAPTURE_CLASS_BUDGET : CAPTURE_CLASS_IO,
                        "%s", err.text);
        }
    } else {
        listing->take.file = NULL;
    }
    if (answer->class == CAPTURE_CLASS_NONE && listing->inconsistent)
        answer_fail(answer, CAPTURE_CLASS_EXPIRED,
                    "the list changed while it was read: its parts are of different times");
    if (answer->class == CAPTURE_CLASS_NONE && listing->oversized)
        answer_fail(answer, CAPTURE_CLASS_TRUNCATED, "%llu objects were too large and are left out",
                    (unsigned long long)listing->oversized);
    if (answer->class == CAPTURE_CLASS_NONE && listing->limited)
        answer_fail(answer, CAPTURE_CLASS_OPTION,
                    "only the namespaces named by --namespace and the mesh's own were asked");
    if (listing->first.started_at_ns) {
        answer->duration_ms += (answer->started_at_ns - listing->first.started_at_ns) / 1000000;
        answer->started_at_ns = listing->first.started_at_ns;
    }
    const Capture *record = take_record(&listing->take, answer);
    list_split_done(&listing->split);
    listing->take.stream = redact_stream_free(listing->take.stream);
    if (listing->is_pods && record) {
        run->cluster.pods_state = record->state;
        run->cluster.pods_class = record->class;
        run->cluster.pods_reason = record->reason;
    }
    run->pods_known |= listing->is_pods;
}

/* After a 410: where to go on.  True where the list is asked for again. */
static bool
recover(Listing *listing, const Answer *answer)
{
    CLEANUP(cleanup_arena) Arena *scratch = arena_new(1 << 20);
    SpanTree tree;
    Str token = STR("");
    if (scratch && span_parse(scratch, answer->error_body, &tree, NULL) == ST_OK)
        token = span_string(&tree, span_path(&tree, 0, "metadata.continue"));
    if (token.n > 0 && token.n <= TOKEN_BYTES_MAX) {
        listing->inconsistent = true;
        ask_page(listing, token);
        return true;
    }
    if (listing->whole)
        return false;
    run_log(listing->take.run, "%s: expired, asked for again in one page", listing->take.name.p);
    listing->whole = true;
    listing->base = 0;
    listing->items = 0;
    listing->begun = false;
    spool_rewind(listing->take.file);
    if (listing->is_pods)
        cluster_forget_pods(&listing->take.run->cluster);
    if (strcmp(listing->plural, "nodes") == 0)
        listing->take.run->cluster.nodes = 0;
    ask_page(listing, STR(""));
    return true;
}

/* True, and said, where more pages would not lead to the end of the list. */
static bool
turns_for_ever(Listing *listing, const ListHead *head, Answer *answer)
{
    if (head->next.n > TOKEN_BYTES_MAX)
        answer_fail(answer, CAPTURE_CLASS_MALFORMED, "the token of the next page has %zu bytes",
                    head->next.n);
    else if (++listing->pages >= PAGES_MAX || listing->empty_pages >= EMPTY_PAGES_MAX)
        answer_fail(answer, CAPTURE_CLASS_MALFORMED, "there was no end after %u pages",
                    listing->pages);
    return answer->class != CAPTURE_CLASS_NONE;
}

/* A whole page is there: the next one, the next namespace, or the end. */
static void
page_ended(Listing *listing, const ListHead *head, Answer *answer)
{
    if (!listing->begun)
        listing->head = *head;
    listing->begun = true;
    listing->oversized += listing->split.oversized;
    listing->empty_pages = listing->items > listing->items_before ? 0 : listing->empty_pages + 1;
    if (head->next.n > 0 && turns_for_ever(listing, head, answer)) {
        finish(listing, answer);
        return;
    }
    if (head->next.n > 0) {
        ask_page(listing, head->next);
        return;
    }
    if (listing->bases[listing->base + 1]) {
        listing->base++;
        ask_page(listing, STR(""));
        return;
    }
    finish(listing, answer);
}

static void
page_done(Job *job, const Answer *given)
{
    Listing *listing = job->owner;
    Run *run = listing->take.run;
    Answer answer = *given;
    ListHead head;
    Err err = {0};
    if (!listing->first.started_at_ns)
        listing->first = answer;
    if (answer.class == CAPTURE_CLASS_NONE) {
        Status status = list_split_end(&listing->split, run->arena, &head, &err);
        if (status == ST_OK) {
            page_ended(listing, &head, &answer);
            return;
        }
        answer_fail(&answer, CAPTURE_CLASS_MALFORMED, "%s", err.text);
    }
    listing->begun |= listing->items > 0;
    if (answer.class == CAPTURE_CLASS_BUDGET)
        fetch_stop(run->fetch, CAPTURE_CLASS_BUDGET, "the bundle would have grown too large");
    if (answer.class == CAPTURE_CLASS_EXPIRED && recover(listing, &answer))
        return;
    finish(listing, &answer);
}

/* Percent-encoding of a query's value. */
static void
add_encoded(Buf *out, Str text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     (c && strchr("-_.~", c));
        if (plain)
            buf_addc(out, (char)c);
        else
            buf_printf(out, "%%%02X", c);
    }
}

/* kubectl get PLURAL.VERSION.GROUP -o json, of where the path is about. */
static const char *const *
make_instead(const Listing *listing)
{
    Arena *arena = listing->take.run->arena;
    const Resource *resource = listing->resource;
    const char **args = ARENA_ARRAY(arena, const char *, 8);
    Str rest = str_of(listing->bases[listing->base]);
    Str namespace = STR("");
    size_t at;
    size_t n = 0;
    if (listing->limited && str_find(rest, STR("/namespaces/"), &at)) {
        rest = str_from(rest, at + strlen("/namespaces/"));
        (void)str_cut(&rest, '/', &namespace);
    }
    if (!args)
        return NULL;
    args[n++] = "get";
    args[n++] = arena_printf(arena, "%.*s%s%.*s%s%.*s", STR_ARG(resource->plural),
                             resource->group.n && resource->version.n ? "." : "",
                             resource->group.n ? (int)resource->version.n : 0, resource->version.p,
                             resource->group.n ? "." : "", STR_ARG(resource->group));
    if (namespace.n) {
        args[n++] = "-n";
        args[n++] = arena_cstr(arena, namespace);
    } else if (resource->namespaced) {
        args[n++] = "--all-namespaces";
    }
    args[n++] = "-o";
    args[n++] = "json";
    for (size_t i = 0; i < n; i++)
        if (!args[i])
            return NULL;
    return args;
}

static void
ask_page(Listing *listing, Str token)
{
    Run *run = listing->take.run;
    CLEANUP(buf_done) Buf path = BUF_INIT(64 << 10);
    Err err = {0};
    buf_adds(&path, listing->bases[listing->base]);
    if (!listing->whole)
        buf_printf(&path, "?limit=%d", PAGE_ITEMS);
    if (token.n > 0) {
        buf_adds(&path, "&continue=");
        add_encoded(&path, token);
    }
    char *copy = arena_cstr(run->arena, buf_str(&path));
    if (!copy || buf_status(&path, &err) != ST_OK) {
        run_fail(run, ST_NOMEM, NULL);
        return;
    }
    list_split_done(&listing->split);
    list_split_init(&listing->split, take_item, listing);
    listing->items_before = listing->items;
    Job *job = &listing->take.job;
    /* kubectl turns the pages itself. */
    *job = (Job){.path = copy, .label = listing->take.name.p,
                 .instead = token.n == 0 && !listing->take.plan->metadata_only
                                ? make_instead(listing)
                                : NULL,
                 .accept = listing->take.plan->metadata_only ? METADATA_ACCEPT : NULL,
                 .on_bytes = page_bytes,
                 .on_done = page_done, .owner = listing, .urgent = token.n > 0};
    fetch_add(run->fetch, job);
}

/* Paths to ask: of the whole cluster, or of the namespaces that are wanted. */
static const char *const *
make_bases(Run *run, const Resource *resource, bool limited)
{
    const Cluster *cluster = &run->cluster;
    size_t count = limited ? cluster->namespace_count + 2 : 1;
    const char **bases = ARENA_ARRAY(run->arena, const char *, count + 1);
    char *root = resource->group.n
                     ? arena_printf(run->arena, "/apis/%.*s/%.*s", STR_ARG(resource->group),
                                    STR_ARG(resource->version))
                     : arena_printf(run->arena, "/api/%.*s", STR_ARG(resource->version));
    size_t n = 0;
    if (!bases || !root)
        return NULL;
    if (!limited) {
        bases[0] = arena_printf(run->arena, "%s/%.*s", root, STR_ARG(resource->plural));
        return bases[0] ? bases : NULL;
    }
    for (size_t i = 0; i < count; i++) {
        const char *name = i < cluster->namespace_count    ? cluster->namespaces[i]
                           : i == cluster->namespace_count ? cluster->istio_namespace
                                                           : "kube-system";
        bool again = false;
        char *path = arena_printf(run->arena, "%s/namespaces/%s/%.*s", root, name,
                                  STR_ARG(resource->plural));
        for (size_t k = 0; k < n && path; k++)
            again |= strcmp(bases[k], path) == 0;
        if (path && !again)
            bases[n++] = path;
    }
    return bases;
}

static void
start_listing(Run *run, const PlanCapture *capture, const Resource *resource)
{
    Str name;
    Err err = {0};
    Listing *listing = ARENA_NEW(run->arena, Listing);
    if (member_name_k8s_list(run->arena, resource->group, resource->plural, &name, &err) != ST_OK) {
        run_log(run, "%.*s: not collected: %s", STR_ARG(resource->plural), err.text);
        return;
    }
    if (!listing) {
        run_fail(run, ST_NOMEM, NULL);
        return;
    }
    bool core = resource->group.n == 0;
    listing->take =
        (Take){.run = run, .kind = MEMBER_K8S_LIST, .name = name, .verb = "list", .plan = capture};
    listing->resource = resource;
    listing->plural = core ? resource->plural.p : "";
    listing->is_pods = core && str_is(resource->plural, "pods");
    listing->limited = resource->namespaced && run->cluster.namespace_count > 0;
    if (listing->is_pods && run->pods_asked)
        return;
    run->pods_asked |= listing->is_pods;
    listing->bases = make_bases(run, resource, listing->limited);
    if (!listing->bases || spool_begin(run->spool, 0, &listing->take.file, &err) != ST_OK ||
        redact_stream_new(run->redactor, name.p, REDACT_JSON, to_spool, listing,
                          &listing->take.stream, &err) != ST_OK) {
        run_fail(run, ST_NOMEM, NULL);
        return;
    }
    ask_page(listing, STR(""));
}

static void
capture_group(Run *run, const PlanCapture *capture, Str pattern)
{
    const Cluster *cluster = &run->cluster;
    Str group = str_from(pattern, 2);
    for (size_t i = 0; i < cluster->resources.count; i++)
        if (str_eq(cluster->resources.items[i].group, group))
            start_listing(run, capture, &cluster->resources.items[i]);
    bool complete = cluster->discovery_state == CAPTURE_COMPLETE;
    run_note(run,
             &(RunNote){.id = arena_strf(run->arena, "resources of %.*s", STR_ARG(group)),
                        .kind = MEMBER_K8S_LIST,
                        .verb = "list",
                        .cover = arena_strf(run->arena, "kubernetes/%.*s/*.json", STR_ARG(group)),
                        .state = complete ? CAPTURE_COMPLETE : CAPTURE_PARTIAL,
                        .class = cluster->discovery_class,
                        .reason = cluster->discovery_reason});
}

static void
capture_one(Run *run, const PlanCapture *capture, Str name)
{
    const Cluster *cluster = &run->cluster;
    const Resource *resource = cluster_resource(cluster, name);
    size_t dot;
    if (resource) {
        if (!cluster_is_old_name(cluster, resource))
            start_listing(run, capture, resource);
        return;
    }
    bool grouped = str_find_char(name, '.', &dot);
    Str member;
    if (member_name_k8s_list(run->arena, grouped ? str_from(name, dot + 1) : STR(""),
                             grouped ? str_head(name, dot) : name, &member, NULL) != ST_OK)
        return;
    bool sure = cluster->discovery_state == CAPTURE_COMPLETE;
    run_note(run, &(RunNote){.id = member,
                             .kind = MEMBER_K8S_LIST,
                             .verb = "list",
                             .state = CAPTURE_SKIPPED,
                             .class = sure ? CAPTURE_CLASS_UNKNOWN_TYPE : cluster->discovery_class,
                             .reason = sure ? STR("the API server does not serve it")
                                            : cluster->discovery_reason});
}

void
capture_resources(Run *run, const PlanCapture *capture)
{
    for (size_t i = 0; i < capture->resources.count; i++) {
        Str name = capture->resources.items[i];
        if (str_starts(name, STR("*.")))
            capture_group(run, capture, name);
        else
            capture_one(run, capture, name);
    }
}

void
capture_pods_early(Run *run)
{
    for (size_t i = 0; i < run->plan->capture_count; i++) {
        const PlanCapture *capture = &run->plan->captures[i];
        bool always = capture->when.served.count == 0 && !capture->when.components;
        for (size_t r = 0; always && !capture->metadata_only && r < capture->resources.count; r++)
            if (str_is(capture->resources.items[r], "pods") && cluster_resource(&run->cluster, STR("pods")))
                capture_one(run, capture, STR("pods"));
    }
}
