/* SPDX-License-Identifier: Apache-2.0 */
/* test_bundle.c -- bundles written by hand in tests of rules, as members in memory.
 *
 * Objects are in test_objects.c. */
#include "analyzer/rule/test_bundle.h"

#include "analyzer/rule/test_objects.h"
#include "base/limits.h"
#include "base/timestamp.h"
#include "base/yaml_position.h"
#include "bundle/component.h"

/* When tests take place: 2018-06-01T00:00:00Z.  Two samples are 10 s apart. */
static const int64_t TEST_TIME_NS = INT64_C(1527811200) * NS_PER_S;
static const int64_t SAMPLE_INTERVAL_NS = 10 * NS_PER_S;

static void
complain(Making *making, const NodePair *pair, const char *what)
{
    diagnostic_error(making->bundle->diagnostics, making->bundle->file, pair->line, pair->column,
                     "%s: \"" STR_FMT "\"", what, STR_ARG(str_head(pair->key, 80)));
}

/* ---- captures ---- */

Status
making_capture(Making *making, const char *kind, Str glob, Str member, CaptureState state,
               CaptureClass class, Str reason, Capture **ret, Err *err)
{
    Manifest *manifest = memory_feed_manifest(making->memory);
    Capture *capture = manifest ? manifest_add(manifest) : NULL;
    Str *covers = ARENA_NEW(making->arena, Str);
    CaptureMember *members = ARENA_NEW(making->arena, CaptureMember);
    if (!capture || !covers || !members)
        return err_nomem(err);
    *covers = glob;
    members->name = member;
    capture->id = arena_strf(making->arena, STR_FMT "#%zu", STR_ARG(glob),
                             manifest->captures.count);
    capture->kind = str_of(kind);
    capture->source.verb = STR("test");
    capture->covers = covers;
    capture->cover_count = 1;
    capture->members = members;
    capture->member_count = member.n > 0 ? 1 : 0;
    capture->state = state;
    capture->class = class;
    capture->reason = reason;
    capture->started_at_ns = TEST_TIME_NS;
    if (ret)
        *ret = capture;
    return capture->id.p ? ST_OK : err_nomem(err);
}

static Status
add_missing(Making *making, const char *kind, Str glob, const char *what, Err *err)
{
    Str reason = arena_strf(making->arena, "%s were not collected", what);
    if (!reason.p)
        return err_nomem(err);
    return making_capture(making, kind, glob, STR(""), CAPTURE_FAILED, CAPTURE_CLASS_UNREACHABLE,
                          reason, NULL, err);
}

static Status
add_complete(Making *making, const char *kind, Str glob, Err *err)
{
    if (!glob.p)
        return err_nomem(err);
    return making_capture(making, kind, glob, STR(""), CAPTURE_COMPLETE, CAPTURE_CLASS_NONE,
                          STR(""), NULL, err);
}

/* ---- contents ---- */

/* What a test says a member holds. */
typedef struct {
    Str text;
    bool is_truncated;
} Content;

/* A text, {text, truncated}, or any value, which is written as JSON. */
static Status
content_of(Making *making, const Node *node, Content *ret, Err *err)
{
    const Node *text = node_get(node, STR("text"));
    const Node *truncated = node_get(node, STR("truncated"));
    *ret = (Content){0};
    if (node->type == NODE_STRING) {
        ret->text = node->string;
    } else if (text && truncated) {
        ret->text = node_string(text);
        ret->is_truncated = truncated->type == NODE_BOOL && truncated->boolean;
    } else {
        CLEANUP(buf_done) Buf json = BUF_INIT(LIMIT_DOCUMENT_BYTES);
        node_write_json(node, 0, &json);
        TRY(buf_status(&json, err));
        ret->text = arena_str(making->arena, buf_str(&json));
        if (!ret->text.p)
            return err_nomem(err);
    }
    return ST_OK;
}

/* Lines end in a newline, also where the last one of a hand-written text does not. */
static Status
end_line(Making *making, Content *content, Err *err)
{
    if (content->text.n == 0 || content->is_truncated || str_ends(content->text, STR("\n")))
        return ST_OK;
    content->text = arena_strf(making->arena, STR_FMT "\n", STR_ARG(content->text));
    return content->text.p ? ST_OK : err_nomem(err);
}

/* A member with its capture; started: of the capture, after the time of the test. */
static Status
add_member(Making *making, const char *kind, Str name, const Content *content, int64_t started,
           Err *err)
{
    Capture *capture;
    bool is_cut = content->is_truncated;
    TRY(making_capture(making, kind, name, name, is_cut ? CAPTURE_PARTIAL : CAPTURE_COMPLETE,
                       is_cut ? CAPTURE_CLASS_TRUNCATED : CAPTURE_CLASS_NONE,
                       is_cut ? STR("cut in the test") : STR(""), &capture, err));
    capture->started_at_ns = TEST_TIME_NS + started;
    if (is_cut)
        capture->truncated = TRUNCATED_TAIL;
    return memory_feed_add(making->memory, name, content->text, false, err);
}

/* A name that cannot be one is the test's mistake; only memory ends the test run. */
static Status
judge_name(Making *making, const NodePair *pair, Status status, const Err *found, Err *err)
{
    if (status == ST_NOMEM)
        return err_nomem(err);
    if (status != ST_OK)
        complain(making, pair, found->text[0] ? found->text : status_sentence(status));
    return ST_OK;
}

/* ---- merging ---- */

const Node *
making_key(const Making *making, const char *key)
{
    const Node *changed = node_get(making->bundle->change, str_of(key));
    return changed ? changed : node_get(making->bundle->base, str_of(key));
}

typedef Status EntryFn(Making *making, const NodePair *pair, Err *err);

/* Every entry of a mapping, the change's instead of the base's of the same key. */
static Status
for_entries(Making *making, const char *key, EntryFn *entry, Err *err)
{
    const Node *base = node_get(making->bundle->base, str_of(key));
    const Node *change = node_get(making->bundle->change, str_of(key));
    bool is_replaced = change && change->type != NODE_MAP;
    for (uint32_t i = 0; !is_replaced && node_is(base, NODE_MAP) && i < base->count; i++)
        if (!node_is(change, NODE_MAP) || !node_get(change, base->pairs[i].key))
            TRY(entry(making, &base->pairs[i], err));
    for (uint32_t i = 0; node_is(change, NODE_MAP) && i < change->count; i++)
        TRY(entry(making, &change->pairs[i], err));
    return ST_OK;
}

/* {} says that there is nothing of the kind anywhere. */
static bool
is_empty_map(const Making *making, const char *key)
{
    const Node *node = making_key(making, key);
    return node_is(node, NODE_MAP) && node->count == 0;
}

/* ---- metrics ---- */

typedef struct {
    Component component;
    MemberName name;
    bool is_whole_component;        /* the key is just its name */
} MetricKey;

static uint32_t
monitoring_port(Component component)
{
    for (size_t i = 0; i < COMPONENT_FORM_COUNT; i++) {
        uint64_t port;
        Str ports = str_of(COMPONENT_FORMS[i].ports);
        Str first;
        if (COMPONENT_FORMS[i].component == component && str_cut(&ports, ',', &first) &&
            str_to_u64(first, &port))
            return (uint32_t)port;
    }
    return 0;
}

/* "mixer", or "mixer/istio-system/istio-policy-x:9093". */
static bool
parse_metric_key(Making *making, Str key, MetricKey *ret)
{
    Str rest = key;
    Str component;
    Str pod;
    uint64_t port;
    if (!str_cut(&rest, '/', &component) || !component_of(component, &ret->component))
        return false;
    ret->name = (MemberName){.kind = MEMBER_METRICS, .component = component, .sample = 1};
    ret->is_whole_component = !rest.p;
    if (ret->is_whole_component) {
        ret->name.namespace = STR("istio-system");
        ret->name.pod = arena_strf(making->arena, STR_FMT "-0", STR_ARG(component));
        ret->name.port = monitoring_port(ret->component);
        return ret->name.pod.p && ret->name.port > 0;
    }
    if (!str_cut(&rest, '/', &ret->name.namespace) || !rest.p || !str_cut(&rest, ':', &pod) ||
        !rest.p || !str_to_u64(rest, &port) || port == 0 || port > UINT16_MAX)
        return false;
    ret->name.pod = pod;
    ret->name.port = (uint32_t)port;
    return true;
}

static Status
add_sample(Making *making, const MetricKey *key, uint32_t number, const Node *node, Err *err)
{
    MemberName name = key->name;
    name.sample = number;
    Str member;
    Content content;
    TRY(member_name_build(making->arena, &name, &member, err));
    TRY(content_of(making, node, &content, err));
    TRY(end_line(making, &content, err));
    return add_member(making, "metrics", member, &content, (number - 1) * SAMPLE_INTERVAL_NS,
                      err);
}

static Status
add_samples(Making *making, const MetricKey *key, const Node *node, Err *err)
{
    if (node->type != NODE_LIST)
        return add_sample(making, key, 1, node, err);
    for (uint32_t i = 0; i < node->count && i < 2; i++)
        TRY(add_sample(making, key, i + 1, &node->items[i], err));
    return ST_OK;
}

static Status
add_metric(Making *making, const NodePair *pair, Err *err)
{
    MetricKey key;
    if (!parse_metric_key(making, pair->key, &key)) {
        complain(making, pair, "no component, nor component/namespace/pod:port");
        return ST_OK;
    }
    if (pair->value.type == NODE_LIST && pair->value.count != 2)
        complain(making, pair, "a list of samples has two texts");
    Str all = arena_strf(making->arena, "metrics/" STR_FMT "/**", STR_ARG(key.name.component));
    if (!all.p)
        return err_nomem(err);
    if (pair->value.type == NODE_NULL) {
        Str one = arena_strf(making->arena, "metrics/" STR_FMT "/" STR_FMT "/" STR_FMT
                             ".%u.1.prom", STR_ARG(key.name.component),
                             STR_ARG(key.name.namespace), STR_ARG(key.name.pod), key.name.port);
        const char *what = arena_printf(making->arena, "metrics of " STR_FMT,
                                        STR_ARG(key.name.component));
        if (!one.p || !what)
            return err_nomem(err);
        return add_missing(making, "metrics", key.is_whole_component ? all : one, what, err);
    }
    Err found = {0};
    TRY(judge_name(making, pair, add_samples(making, &key, &pair->value, &found), &found, err));
    return add_complete(making, "metrics", all, err);
}

/* ---- logs ---- */

static bool
parse_log_key(Str key, MemberName *ret)
{
    static const Str PREVIOUS = STR_INIT(".previous");
    Str rest = key;
    *ret = (MemberName){.kind = MEMBER_LOG};
    if (!str_cut(&rest, '/', &ret->namespace) || !rest.p || !str_cut(&rest, '/', &ret->pod) ||
        !rest.p || !str_cut(&rest, '/', &ret->container) || rest.p)
        return false;
    if (str_ends(ret->container, PREVIOUS)) {
        ret->kind = MEMBER_LOG_PREVIOUS;
        ret->container.n -= PREVIOUS.n;
    }
    return true;
}

/* Whether the test says anything of the log of the container's previous run. */
static bool
names_previous(const Making *making, Str key)
{
    Str previous = arena_strf(making->arena, STR_FMT ".previous", STR_ARG(key));
    return node_get(node_get(making->bundle->base, STR("logs")), previous) ||
           node_get(node_get(making->bundle->change, STR("logs")), previous);
}

static Status
add_log_member(Making *making, const NodePair *pair, Str member, Err *err)
{
    if (pair->value.type == NODE_NULL)
        return add_missing(making, "log", member, "logs", err);
    Content content;
    TRY(content_of(making, &pair->value, &content, err));
    TRY(end_line(making, &content, err));
    return add_member(making, "log", member, &content, 0, err);
}

static Status
add_log(Making *making, const NodePair *pair, Err *err)
{
    MemberName name;
    if (!parse_log_key(pair->key, &name)) {
        complain(making, pair, "no namespace/pod/container");
        return ST_OK;
    }
    Err found = {0};
    Str member;
    Status status = member_name_build(making->arena, &name, &member, &found);
    if (status == ST_OK)
        status = add_log_member(making, pair, member, &found);
    TRY(judge_name(making, pair, status, &found, err));
    /* Where a test says nothing of pods, there are no logs but those that it names. */
    if (!making_key(making, "k8s") && pair->value.type != NODE_NULL)
        TRY(add_complete(making, "log", STR("logs/**"), err));
    /* A container of which the test names one log has run once. */
    if (name.kind == MEMBER_LOG_PREVIOUS || names_previous(making, pair->key))
        return ST_OK;
    return add_complete(making, "previous-log",
                        arena_strf(making->arena, "logs/" STR_FMT ".previous.log",
                                   STR_ARG(pair->key)), err);
}

/* ---- documents, clocks, limits, versions ---- */

static Status
add_document(Making *making, const NodePair *pair, Err *err)
{
    if (pair->value.type == NODE_NULL)
        return add_missing(making, "http", pair->key, "documents", err);
    /* A pattern with nothing: all members that fit it are those that the test names. */
    if (str_find_char(pair->key, '*', &(size_t){0}) && node_is(&pair->value, NODE_MAP) &&
        pair->value.count == 0)
        return add_complete(making, "http", pair->key, err);
    Content content;
    TRY(content_of(making, &pair->value, &content, err));
    Err found = {0};
    Status status = add_member(making, "http", pair->key, &content, 0, &found);
    TRY(judge_name(making, pair, status, &found, err));
    /* Of a component whose answers a test names there are no others. */
    MemberName name;
    member_name_parse(pair->key, &name);
    if (name.kind != MEMBER_HTTP)
        return ST_OK;
    return add_complete(making, "http", arena_strf(making->arena, "http/" STR_FMT "/**",
                                                   STR_ARG(name.component)), err);
}

/* A command that was run, and how it ended; its output may be one of the documents. */
static Status
add_command(Making *making, const Node *node, Err *err)
{
    const Node *code = node_get(node, STR("exit_code"));
    int64_t exit_code = node_is(code, NODE_INT) ? code->integer : 0;
    Str kind = node_string(node_get(node, STR("kind")));
    Str source = node_string(node_get(node, STR("source")));
    if (kind.n == 0 || source.n == 0 || (code && code->type != NODE_INT) || exit_code < 0 ||
        exit_code > UINT8_MAX) {
        diagnostic_error(making->bundle->diagnostics, making->bundle->file, node->line,
                         node->column, "a capture has kind, source and perhaps exit_code (0 to "
                                       "255), stderr and member");
        return ST_OK;
    }
    const char *name = arena_printf(making->arena, STR_FMT, STR_ARG(kind));
    Str id = arena_strf(making->arena, "command-%u", node->line);
    if (!name || !id.p)
        return err_nomem(err);
    Capture *capture;
    bool failed = exit_code != 0;
    Str member = node_string(node_get(node, STR("member")));
    TRY(making_capture(making, name, id, member, failed ? CAPTURE_FAILED : CAPTURE_COMPLETE,
                       failed ? CAPTURE_CLASS_COMMAND : CAPTURE_CLASS_NONE,
                       failed ? STR("the command failed") : STR(""), &capture, err));
    capture->source.verb = STR("exec");
    capture->source.path = source;
    capture->exit_code = (int)exit_code;
    capture->stderr_line = node_string(node_get(node, STR("stderr")));
    return ST_OK;
}

static Status
add_commands(Making *making, Err *err)
{
    const Node *list = making_key(making, "captures");
    for (uint32_t i = 0; node_is(list, NODE_LIST) && i < list->count; i++)
        TRY(add_command(making, &list->items[i], err));
    return ST_OK;
}

static Status
add_table(Making *making, const char *key, const char *member, Err *err)
{
    const Node *node = making_key(making, key);
    if (!node)
        return ST_OK;
    if (node->type == NODE_NULL)
        return add_missing(making, key, str_of(member), key, err);
    Content content;
    TRY(content_of(making, node, &content, err));
    return add_member(making, key, str_of(member), &content, 0, err);
}

/* As it is written: 1.10 is no number. */
static Str
written(const Making *making, const Node *node)
{
    if (node->type == NODE_STRING)
        return node->string;
    return yaml_written(diagnostics_text(making->bundle->diagnostics, making->bundle->file),
                        node);
}

static Status
add_version(Making *making, const NodePair *pair, Err *err)
{
    bool is_istio = str_is(pair->key, "istio");
    Str member = is_istio ? STR("http/pilot/istio-system/istio-pilot-0/version.txt")
                          : member_name_fixed(MEMBER_K8S_VERSION);
    if (pair->value.type == NODE_NULL)
        return add_missing(making, "http", member, "versions", err);
    Str text = written(making, &pair->value);
    Content content = {0};
    /* Pilot names builder, version, revision and state in one word. */
    if (is_istio)
        content.text = arena_strf(making->arena, "root@test-docker.io/istio-" STR_FMT
                                  "-0000000000000000000000000000000000000000-Clean\n",
                                  STR_ARG(text));
    else
        content.text = arena_strf(making->arena, "{\"gitVersion\": \"" STR_FMT "\"}",
                                  STR_ARG(text));
    if (!content.text.p)
        return err_nomem(err);
    return add_member(making, is_istio ? "http" : "k8s-version", member, &content, 0, err);
}

static Status
add_empty_kinds(Making *making, Err *err)
{
    static const struct {
        const char *key;
        const char *glob;
    } EMPTY[] = {{"metrics", "metrics/**"}, {"logs", "logs/**"}, {"documents", "http/**"},
                 {"documents", "exec/**"}};
    for (size_t i = 0; i < sizeof EMPTY / sizeof *EMPTY; i++)
        if (is_empty_map(making, EMPTY[i].key))
            TRY(add_complete(making, EMPTY[i].key, str_of(EMPTY[i].glob), err));
    return ST_OK;
}

Status
test_bundle_build(const TestBundle *bundle, Arena *arena, ModelFeed *ret, Err *err)
{
    Making making = {.bundle = bundle, .arena = arena, .memory = memory_feed_new(arena)};
    if (!making.memory || !memory_feed_manifest(making.memory))
        return err_nomem(err);
    TRY(test_objects_add(&making, err));
    TRY(for_entries(&making, "versions", add_version, err));
    TRY(for_entries(&making, "metrics", add_metric, err));
    TRY(for_entries(&making, "logs", add_log, err));
    TRY(for_entries(&making, "documents", add_document, err));
    TRY(add_commands(&making, err));
    TRY(add_table(&making, "clocks", "clocks.json", err));
    TRY(add_table(&making, "limits", "limits.json", err));
    TRY(add_empty_kinds(&making, err));
    TRY(memory_feed_seal(making.memory, err));
    *ret = memory_feed(making.memory);
    return ST_OK;
}
