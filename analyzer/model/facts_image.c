/* SPDX-License-Identifier: Apache-2.0 */
/* facts_image.c -- versions in image names and build stamps; containers of pods. */
#include "analyzer/model/facts_private.h"
#include "analyzer/model/version.h"

static Str
without_digest(Str image)
{
    size_t at;
    return str_find_char(image, '@', &at) ? str_head(image, at) : image;
}

static Str
last_part(Str image)
{
    size_t at;
    return str_rfind_char(image, '/', &at) ? str_from(image, at + 1) : image;
}

Str
image_name(Str image)
{
    Str part = last_part(without_digest(image));
    size_t at;
    return str_find_char(part, ':', &at) ? str_head(part, at) : part;
}

Str
image_tag(Str image)
{
    Str part = last_part(without_digest(image));
    size_t at;
    return str_find_char(part, ':', &at) ? str_from(part, at + 1) : STR("");
}

bool
build_version(Str text, Str *ret)
{
    /* The last part that is a version: the parts before it may hold a host name or address. */
    bool found = false;
    Str rest = str_trim(text);
    for (Str part; str_cut(&rest, '-', &part);) {
        size_t slash;
        if (str_rfind_char(part, '/', &slash))
            part = str_from(part, slash + 1);
        Version version;
        if (version_parse(part, &version)) {
            *ret = part;
            found = true;
        }
    }
    return found;
}

const Node *
pod_container(const Node *pod, const char *names)
{
    static const char *const PLACES[] = {"spec.containers", "spec.initContainers"};
    for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; i++) {
        const Node *containers = node_path(pod, PLACES[i]);
        for (uint32_t k = 0; node_is(containers, NODE_LIST) && k < containers->count; k++)
            if (component_word_in(names, '|',
                                  node_string(node_get(&containers->items[k], STR("name")))))
                return &containers->items[k];
    }
    return NULL;
}

const Node *
pod_proxy(const Node *pod)
{
    const Node *container = pod_container(pod, "istio-proxy");
    if (container)
        return container;
    container = pod_container(pod, "ingressgateway|egressgateway|ingress|istio-ingress|istio-egress|egress");
    Str name = image_name(node_string(node_get(container, STR("image"))));
    bool proxy = str_is(name, "proxy") || str_is(name, "proxyv2") || str_is(name, "proxy_debug") ||
                 str_is(name, "proxyv2_debug");
    return proxy ? container : NULL;
}
