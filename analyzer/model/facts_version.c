/* SPDX-License-Identifier: Apache-2.0 */
/* facts_version.c -- versions of the control plane and of the API server. */
#include "analyzer/model/facts_private.h"
#include "analyzer/model/version.h"

#include <string.h>

/* A version that was found, and where. */
typedef struct {
    Str version;        /* as written */
    const char *source;
    Str pod;            /* "namespace/name"; "" for none */
    Origin origin;
} Finding;

static Status
version_fact(Model *model, const Finding *found, const Gap *gap, Fact *ret, Err *err)
{
    Version parsed;
    if (!version_parse(found->version, &parsed))
        return err_set(err, ST_INTERNAL, "a version that is none");
    Str numbers = arena_strf(model->arena, parsed.count == 2 ? "%u.%u" : "%u.%u.%u",
                             parsed.numbers[0], parsed.numbers[1], parsed.numbers[2]);
    TreeMap map = tree_map(model->arena);
    tree_add_string(&map, "version", numbers);
    tree_add_string(&map, "text", found->version);
    tree_add_string(&map, "source", str_of(found->source));
    tree_add_text(&map, "pod", found->pod);
    Node *node = ARENA_NEW(model->arena, Node);
    if (!node || !numbers.p)
        return err_nomem(err);
    TRY(tree_end_map(&map, node, err));
    Origin origin = found->origin;
    origin.root = NULL;
    origin.excerpt = found->version;
    return fact_value(model, node, &origin, gap, ret, err);
}

static Status
place_of(Model *model, Str ns, Str name, Str *ret, Err *err)
{
    *ret = arena_strf(model->arena, STR_FMT "/" STR_FMT, STR_ARG(ns), STR_ARG(name));
    return ret->p ? ST_OK : err_nomem(err);
}

/* The tag of CONTAINERS' image in one of the pods. */
static Status
from_images(Model *model, const Objects *pods, const char *containers, Finding *found, Err *err)
{
    for (size_t i = 0; i < pods->count; i++) {
        const Object *pod = pods->items[i];
        const Node *container = pod_container(pod->node, containers);
        const Node *image = node_get(container, STR("image"));
        Str tag = image_tag(node_string(image));
        Version version;
        if (!version_parse(tag, &version))
            continue;
        TRY(place_of(model, pod->ns, pod->name, &found->pod, err));
        Evidence cited;
        if (evidence_cite(model->arena, &pod->origin, image, &cited) != ST_OK)
            return err_nomem(err);
        found->version = tag;
        found->source = "image";
        found->origin = (Origin){.member = cited.member, .line = cited.line,
                                 .pointer = cited.pointer};
        return ST_OK;
    }
    return ST_OK;
}

/* Where no Pilot tells its version, for none runs or its image bears none, the rest of the
 * control plane does, which is installed with it; gateways and sidecars are the last to ask,
 * for an upgrade reaches them last. */
static Status
from_other_parts(Model *model, Finding *found, Err *err)
{
    static const struct {
        Component component;
        const char *containers;
    } PARTS[] = {
        {COMPONENT_MIXER, "mixer"},
        {COMPONENT_CITADEL, "citadel|istio-ca"},
        {COMPONENT_GALLEY, "validator|galley"},
        {COMPONENT_INJECTOR, "sidecar-injector-webhook"},
        {COMPONENT_INGRESS, "ingressgateway|ingress|istio-ingress|istio-proxy"},
        {COMPONENT_SIDECAR, "istio-proxy"},
    };
    for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS && !found->source; i++) {
        Objects pods;
        TRY(model_component_pods(model, PARTS[i].component, &pods, err));
        TRY(from_images(model, &pods, PARTS[i].containers, found, err));
    }
    return ST_OK;
}

static Status
from_endpoint(Model *model, Finding *found, const Gap **gap, Err *err)
{
    Documents documents;
    TRY(model_documents(model, "http:pilot", STR("http/pilot/*/*/version.txt"), &documents, err));
    *gap = documents.gap;
    for (size_t i = 0; i < documents.count; i++) {
        const Document *document = documents.items[i];
        if (!build_version(document->text, &found->version))
            continue;
        found->source = "/version";
        found->origin = (Origin){.member = document->member, .line = 1};
        return place_of(model, document->name.namespace, document->name.pod, &found->pod, err);
    }
    return ST_OK;
}

/* "…Version root@71a9470ea93c-docker.io/istio-0.8.0-6f9f420f-Clean" */
static bool
version_in_line(Str line, Str *ret)
{
    size_t at;
    if (!str_find(line, STR("ersion "), &at))
        return false;
    Str rest = str_from(line, at + strlen("ersion "));
    Str word;
    return str_cut(&rest, ' ', &word) && build_version(word, ret);
}

static Status
from_logs(Model *model, Finding *found, Err *err)
{
    for (size_t i = 0; i < model->documents.count; i++) {
        const Document *document = &model->documents.items[i]->shown;
        if (document->name.kind != MEMBER_LOG || !str_is(document->name.container, "discovery"))
            continue;
        Str rest = document->text;
        uint32_t number = 1;
        for (Str line; str_cut(&rest, '\n', &line); number++) {
            if (!version_in_line(line, &found->version))
                continue;
            found->source = "log";
            found->origin = (Origin){.member = document->member, .line = number};
            return place_of(model, document->name.namespace, document->name.pod, &found->pod,
                            err);
        }
    }
    return ST_OK;
}

Status
fact_istio(Model *model, Fact *ret, Err *err)
{
    Objects pilots;
    Finding found = {0};
    const Gap *gap = NULL;
    TRY(model_component_pods(model, COMPONENT_PILOT, &pilots, err));
    TRY(from_images(model, &pilots, "discovery", &found, err));
    if (!found.source)
        TRY(from_endpoint(model, &found, &gap, err));
    if (!found.source)
        TRY(from_logs(model, &found, err));
    if (!found.source)
        TRY(from_other_parts(model, &found, err));
    if (found.source)
        return version_fact(model, &found, NULL, ret, err);
    bool none = pilots.count == 0 && pilots.state == EVIDENCE_COMPLETE;
    if (pilots.gap)
        gap = gap_join(model->arena, pilots.gap, gap);
    return fact_unknown(model, "istio",
                        none ? STR("no pod of Pilot exists, and no other part names a version")
                             : STR("neither Pilot's image nor its /version nor another part names a version"),
                        none || pilots.count ? NULL : gap, ret, err);
}

Status
fact_istio_namespace(Model *model, Fact *ret, Err *err)
{
    Node *node = ARENA_NEW(model->arena, Node);
    if (!node)
        return err_nomem(err);
    *node = (Node){.type = NODE_STRING, .string = model_istio_namespace(model)};
    return fact_value(model, node, NULL, NULL, ret, err);
}

Status
fact_kubernetes(Model *model, Fact *ret, Err *err)
{
    static const Str MEMBER = STR_INIT("kubernetes/version.json");
    Documents documents;
    TRY(model_documents(model, "k8s-version", MEMBER, &documents, err));
    Finding found = {.source = "API server"};
    const Gap *gap = documents.gap;
    if (documents.count) {
        const Node *root;
        TRY(model_parse(model, documents.items[0], DOCUMENT_JSON, &root, &gap, err));
        const Node *text = node_get(root, STR("gitVersion"));
        Version version;
        if (version_parse(node_string(text), &version)) {
            found.version = node_string(text);
            found.origin = (Origin){.member = MEMBER, .line = text->line,
                                    .pointer = STR("/gitVersion")};
            return version_fact(model, &found, NULL, ret, err);
        }
    }
    Str named = model->manifest ? manifest_cluster(model->manifest, "server_version") : STR("");
    Version version;
    if (version_parse(named, &version)) {
        found.version = named;
        found.source = "manifest";
        found.origin = (Origin){.member = STR("manifest.json"), .pointer = STR("/cluster")};
        return version_fact(model, &found, NULL, ret, err);
    }
    return fact_unknown(model, "kubernetes", STR("the API server's version cannot be read"), gap,
                        ret, err);
}
