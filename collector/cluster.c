/* SPDX-License-Identifier: Apache-2.0 */
/* cluster.c -- a small inventory, read from the same bytes that go to the bundle. */
#include "collector/cluster.h"

#include "collector/span.h"

#include <ctype.h>
#include <string.h>

enum { OBJECT_NAME_BYTES = 253, SCRAPE_PATH_BYTES = 200 };

void
cluster_init(Cluster *cluster, Arena *arena)
{
    *cluster = (Cluster){.arena = arena, .istio_namespace = "istio-system",
                         .pods_state = CAPTURE_SKIPPED, .istio_minor = -1,
                         .discovery_state = CAPTURE_SKIPPED};
    map_init(&cluster->pod_names, arena);
}

static Str
keep(Arena *arena, const SpanTree *tree, uint32_t span)
{
    return arena_str(arena, span_string(tree, span));
}

static void
read_labels(Arena *arena, const SpanTree *tree, Pod *pod)
{
    VEC(Label) labels = {0};
    uint32_t object = span_path(tree, 0, "metadata.labels");
    for (uint32_t i = object ? span_first(tree, object) : 0; i; i = span_next(tree, object, i)) {
        Label *label = VEC_PUSH(arena, &labels);
        if (!label)
            return;
        *label = (Label){arena_str(arena, span_key(tree, i)), keep(arena, tree, i)};
    }
    pod->labels = labels.items;
    pod->label_count = labels.count;
}

static void
read_state(const SpanTree *tree, uint32_t status, Container *container)
{
    int64_t restarts = 0;
    int64_t code = -1;
    (void)span_integer(tree, span_get(tree, status, "restartCount"), &restarts);
    container->has_previous = restarts > 0 || span_path(tree, status, "lastState.terminated");
    container->running = span_path(tree, status, "state.running") != 0;
    bool ready = str_is(span_raw(tree, span_get(tree, status, "ready")), "true");
    bool finished = span_integer(tree, span_path(tree, status, "state.terminated.exitCode"), &code) &&
                    code == 0;
    container->troubled = container->has_previous || (!ready && !finished);
    container->started = container->running || span_path(tree, status, "state.terminated") ||
                         container->has_previous;
}

/* The status of the container of that name in status.<field>. */
static uint32_t
status_of(const SpanTree *tree, const char *field, Str name)
{
    uint32_t list = span_get(tree, span_get(tree, 0, "status"), field);
    if (!span_is(tree, list, SPAN_LIST))
        return 0;
    for (uint32_t i = span_first(tree, list); i; i = span_next(tree, list, i))
        if (str_eq(span_string(tree, span_get(tree, i, "name")), name))
            return i;
    return 0;
}

static void
read_ports(const SpanTree *tree, uint32_t spec, Container *container)
{
    uint32_t list = span_get(tree, spec, "ports");
    size_t n = 0;
    if (!span_is(tree, list, SPAN_LIST))
        return;
    for (uint32_t i = span_first(tree, list); i && n < CONTAINER_PORTS;
         i = span_next(tree, list, i)) {
        int64_t port;
        if (span_integer(tree, span_get(tree, i, "containerPort"), &port) && port > 0 &&
            port < 65536)
            container->ports[n++] = (uint16_t)port;
    }
}

/* Letters, digits, '-' and '.', as Kubernetes allows; never an option or a way up. */
static bool
is_object_name(Str name)
{
    if (name.n == 0 || name.n > OBJECT_NAME_BYTES)
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (!(name.p[i] >= 'a' && name.p[i] <= 'z') && !(name.p[i] >= '0' && name.p[i] <= '9') &&
            (i == 0 || !strchr("-.", name.p[i]) || name.p[i] == '\0' ||
             (name.p[i] == '.' && name.p[i - 1] == '.')))
            return false;
    return true;
}

static bool
has_container(const Container *containers, size_t count, Str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(containers[i].name, name))
            return true;
    return false;
}

static Status
read_containers(Cluster *cluster, const SpanTree *tree, Pod *pod, Err *err)
{
    Arena *arena = cluster->arena;
    static const struct {
        const char *spec;
        const char *status;
        bool init;
    } LISTS[] = {{"spec.containers", "containerStatuses", false},
                 {"spec.initContainers", "initContainerStatuses", true},
                 {"spec.ephemeralContainers", "ephemeralContainerStatuses", true}};
    VEC(Container) containers = {0};
    for (size_t l = 0; l < sizeof LISTS / sizeof *LISTS; l++) {
        uint32_t list = span_path(tree, 0, LISTS[l].spec);
        if (!span_is(tree, list, SPAN_LIST))
            continue;
        for (uint32_t i = span_first(tree, list); i; i = span_next(tree, list, i)) {
            Str name = span_string(tree, span_get(tree, i, "name"));
            cluster->odd_pods += !is_object_name(name);
            if (!is_object_name(name) || has_container(containers.items, containers.count, name))
                continue;
            Container *container = VEC_PUSH(arena, &containers);
            if (!container)
                return err_nomem(err);
            container->name = arena_str(arena, name);
            /* A sidecar of newer Kubernetes is an init container that is always restarted. */
            container->init =
                LISTS[l].init &&
                !str_is(span_string(tree, span_get(tree, i, "restartPolicy")), "Always");
            container->image = keep(arena, tree, span_get(tree, i, "image"));
            read_ports(tree, i, container);
            uint32_t status = status_of(tree, LISTS[l].status, container->name);
            if (status)
                read_state(tree, status, container);
        }
    }
    pod->containers = containers.items;
    pod->container_count = containers.count;
    return ST_OK;
}

/* A path of letters, digits and "/._-": it goes into a request. */
static bool
is_plain_path(Str path)
{
    for (size_t i = 0; i < path.n; i++)
        if (!isalnum((unsigned char)path.p[i]) && !strchr("/._-", path.p[i]))
            return false;
    return path.n > 0 && path.n < SCRAPE_PATH_BYTES && path.p[0] == '/';
}

/* What the pod's annotations tell Prometheus. */
static void
read_scraping(Arena *arena, const SpanTree *tree, Pod *pod)
{
    uint32_t list = span_path(tree, 0, "metadata.annotations");
    uint64_t port = 0;
    if (!list)
        return;
    if (str_to_u64(span_string(tree, span_get(tree, list, "prometheus.io/port")), &port) &&
        port < 65536)
        pod->scrape_port = (uint16_t)port;
    pod->scraped = str_is(span_string(tree, span_get(tree, list, "prometheus.io/scrape")), "true");
    Str path = span_string(tree, span_get(tree, list, "prometheus.io/path"));
    if (is_plain_path(path))
        pod->scrape_path = arena_str(arena, path);
}

static Str
text_at(const SpanTree *tree, const char *path)
{
    return span_string(tree, span_path(tree, 0, path));
}

Status
cluster_add_pod(Cluster *cluster, Str json, Err *err)
{
    CLEANUP(cleanup_arena) Arena *scratch = arena_new(SIZE_MAX);
    SpanTree tree;
    if (!scratch)
        return err_nomem(err);
    Status status = span_parse(scratch, json, &tree, err);
    if (status == ST_NOMEM)
        return status;
    Str namespace = status == ST_OK ? text_at(&tree, "metadata.namespace") : STR("");
    Str name = status == ST_OK ? text_at(&tree, "metadata.name") : STR("");
    if (!is_object_name(namespace) || !is_object_name(name)) {
        cluster->odd_pods++;
        return ST_OK;
    }
    Str full = arena_strf(cluster->arena, "%.*s/%.*s", STR_ARG(namespace), STR_ARG(name));
    if (map_has(&cluster->pod_names, full))
        return ST_OK;
    Pod *pod = VEC_PUSH(cluster->arena, &cluster->pods);
    if (!pod || !map_put(&cluster->pod_names, full, cluster))
        return err_nomem(err);
    pod->namespace = str_head(full, namespace.n);
    pod->name = str_from(full, namespace.n + 1);
    pod->node = keep(cluster->arena, &tree, span_path(&tree, 0, "spec.nodeName"));
    read_scraping(cluster->arena, &tree, pod);
    read_labels(cluster->arena, &tree, pod);
    return read_containers(cluster, &tree, pod, err);
}

void
cluster_forget_pods(Cluster *cluster)
{
    cluster->pods.count = 0;
    cluster->odd_pods = 0;
    map_init(&cluster->pod_names, cluster->arena);
}

const Resource *
cluster_resource(const Cluster *cluster, Str name)
{
    size_t dot;
    Str plural = name;
    Str group = STR("");
    if (str_find_char(name, '.', &dot)) {
        plural = str_head(name, dot);
        group = str_from(name, dot + 1);
    }
    for (size_t i = 0; i < cluster->resources.count; i++) {
        const Resource *resource = &cluster->resources.items[i];
        if (str_eq(resource->plural, plural) && str_eq(resource->group, group))
            return resource;
    }
    return NULL;
}

bool
cluster_is_old_name(const Cluster *cluster, const Resource *resource)
{
    if (!str_is(resource->group, "extensions"))
        return false;
    for (size_t i = 0; i < cluster->resources.count; i++) {
        const Resource *other = &cluster->resources.items[i];
        if (str_eq(other->plural, resource->plural) && !str_is(other->group, "extensions"))
            return true;
    }
    return false;
}

bool
cluster_wants(const Cluster *cluster, Str namespace)
{
    if (cluster->namespace_count == 0 || str_is(namespace, cluster->istio_namespace) ||
        str_is(namespace, "kube-system"))
        return true;
    for (size_t i = 0; i < cluster->namespace_count; i++)
        if (str_is(namespace, cluster->namespaces[i]))
            return true;
    return false;
}

static bool
in_scope(const Cluster *cluster, const Pod *pod, ComponentScope scope)
{
    if (scope == SCOPE_CONTROL)
        return str_is(pod->namespace, cluster->istio_namespace);
    if (scope == SCOPE_CLUSTER)
        return str_is(pod->namespace, "kube-system");
    return cluster_wants(cluster, pod->namespace);
}

static const Container *
container_named(const Pod *pod, const char *names)
{
    Str rest = str_of(names);
    for (Str name; str_cut(&rest, '|', &name);)
        for (size_t i = 0; i < pod->container_count; i++)
            if (str_eq(pod->containers[i].name, name))
                return &pod->containers[i];
    return NULL;
}

const Container *
cluster_container(const Cluster *cluster, const Pod *pod, Component component,
                  const ComponentForm **ret_form)
{
    for (size_t i = 0; i < COMPONENT_FORM_COUNT; i++) {
        const ComponentForm *form = &COMPONENT_FORMS[i];
        if (form->component != component || !in_scope(cluster, pod, form->scope) ||
            !selector_fits(str_of(form->selector), pod->labels, pod->label_count))
            continue;
        const Container *container = container_named(pod, form->containers);
        if (!container)
            continue;
        if (ret_form)
            *ret_form = form;
        return container;
    }
    return NULL;
}

Component
cluster_component_of(const Cluster *cluster, const Pod *pod, const Container *container)
{
    for (int component = 0; component < COMPONENT_APP; component++)
        if (cluster_container(cluster, pod, (Component)component, NULL) == container)
            return (Component)component;
    return COMPONENT_APP;
}

bool
cluster_has(const Cluster *cluster, Component component)
{
    for (size_t i = 0; i < cluster->pods.count; i++)
        if (cluster_container(cluster, &cluster->pods.items[i], component, NULL))
            return true;
    return false;
}

/* "0.8" and "0.8.0-rc1" give 8, "1.4" gives 104; -1 for no version. */
static int
version_number(Str text)
{
    uint64_t numbers[2] = {0};
    for (int i = 0; i < 2; i++) {
        size_t n = 0;
        while (n < text.n && text.p[n] >= '0' && text.p[n] <= '9')
            n++;
        if (!str_to_u64(str_head(text, n), &numbers[i]) || numbers[i] > 999 ||
            (i == 0 && (n == text.n || text.p[n] != '.')))
            return -1;
        text = str_from(text, n + 1);
    }
    return (int)(numbers[0] * 100 + numbers[1]);
}

void
cluster_find_version(Cluster *cluster)
{
    for (size_t i = 0; i < cluster->pods.count && cluster->istio_minor < 0; i++) {
        const Container *pilot =
            cluster_container(cluster, &cluster->pods.items[i], COMPONENT_PILOT, NULL);
        size_t colon;
        if (pilot && str_rfind_char(pilot->image, ':', &colon))
            cluster->istio_minor = version_number(str_from(pilot->image, colon + 1));
    }
}

bool
cluster_in_versions(const Cluster *cluster, const char *range)
{
    Str text = str_of(range);
    size_t dash;
    int low = version_number(text);
    if (cluster->istio_minor < 0 || low < 0)
        return true;
    if (!str_find_char(text, '-', &dash))
        return cluster->istio_minor == low;
    int high = version_number(str_from(text, dash + 1));
    return cluster->istio_minor >= low && (high < 0 || cluster->istio_minor <= high);
}
