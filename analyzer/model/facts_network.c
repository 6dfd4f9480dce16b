/* SPDX-License-Identifier: Apache-2.0 */
/* facts_network.c -- address ranges of the cluster. */
#include "analyzer/model/facts_private.h"
#include "base/yaml.h"

#include <arpa/inet.h>
#include <string.h>

enum {
    ADDRESS_BYTES = 16,
    /* Ranges of Services are no smaller than this in practice; a guess must not be. */
    INFERRED_BITS_4 = 16,
    INFERRED_BITS_6 = 112,
};

typedef VEC(FactItem) FactItems;

typedef struct {
    Model *model;
    FactItems items;
    Err *err;
} Ranges;

static Status
add_range(Ranges *ranges, Str cidr, const char *source, const Origin *origin)
{
    Model *model = ranges->model;
    for (size_t i = 0; i < ranges->items.count; i++)
        if (str_eq(node_string(node_get(ranges->items.items[i].node, STR("cidr"))), cidr))
            return ST_OK;
    TreeMap map = tree_map(model->arena);
    tree_add_string(&map, "cidr", cidr);
    tree_add_string(&map, "source", str_of(source));
    Node *node = ARENA_NEW(model->arena, Node);
    FactItem *item = VEC_PUSH(model->arena, &ranges->items);
    if (!node || !item)
        return err_nomem(ranges->err);
    TRY(tree_end_map(&map, node, ranges->err));
    item->node = node;
    item->origin = *origin;
    item->origin.root = NULL;
    item->origin.excerpt = cidr;
    return ST_OK;
}

static Status
add_ranges(Ranges *ranges, Str text, const char *source, const Origin *origin)
{
    for (Str part; str_cut(&text, ',', &part);) {
        part = str_trim(part);
        if (part.n)
            TRY(add_range(ranges, part, source, origin));
    }
    return ST_OK;
}

static Status
from_words(Ranges *ranges, const Object *pod, const Node *words)
{
    static const Str FLAG = STR_INIT("--service-cluster-ip-range");
    for (uint32_t i = 0; node_is(words, NODE_LIST) && i < words->count; i++) {
        Str word = node_string(&words->items[i]);
        Str value;
        if (!str_starts(word, FLAG))
            continue;
        if (word.n > FLAG.n && word.p[FLAG.n] == '=')
            value = str_from(word, FLAG.n + 1);
        else if (word.n == FLAG.n && i + 1 < words->count)
            value = node_string(&words->items[i + 1]);
        else
            continue;
        Evidence cited;
        if (evidence_cite(ranges->model->arena, &pod->origin, &words->items[i], &cited) != ST_OK)
            return err_nomem(ranges->err);
        Origin origin = {.member = cited.member, .line = cited.line, .pointer = cited.pointer};
        TRY(add_ranges(ranges, value, "flag", &origin));
    }
    return ST_OK;
}

static Status
from_flags(Ranges *ranges, const Objects *pods)
{
    for (size_t i = 0; i < pods->count; i++) {
        const Node *container =
            pod_container(pods->items[i]->node, "kube-apiserver|kube-controller-manager");
        TRY(from_words(ranges, pods->items[i], node_get(container, STR("command"))));
        TRY(from_words(ranges, pods->items[i], node_get(container, STR("args"))));
    }
    return ST_OK;
}

static Status
from_kubeadm(Ranges *ranges)
{
    static const char *const KEYS[] = {"ClusterConfiguration", "MasterConfiguration"};
    Model *model = ranges->model;
    const Object *object =
        model_object(model, STR("ConfigMap"), STR("kube-system"), STR("kubeadm-config"));
    for (size_t i = 0; object && i < sizeof KEYS / sizeof *KEYS; i++) {
        const Node *text = node_get(node_get(object->node, STR("data")), str_of(KEYS[i]));
        const Node *root;
        if (!node_is(text, NODE_STRING))
            continue;
        Status status = yaml_parse_one(model->arena, text->string, NULL, &root, NULL);
        if (status == ST_NOMEM)
            return err_nomem(ranges->err);
        if (status != ST_OK)
            continue;
        Str pointer = arena_strf(model->arena, STR_FMT "/data/%s",
                                 STR_ARG(object->origin.pointer), KEYS[i]);
        if (!pointer.p)
            return err_nomem(ranges->err);
        Origin origin = {.member = object->origin.member,
                         .line = origin_line(&object->origin, text),
                         .pointer = pointer};
        TRY(add_ranges(ranges, node_string(node_path(root, "networking.serviceSubnet")), "config",
                       &origin));
    }
    return ST_OK;
}

/* The bits that all addresses of one family share. */
typedef struct {
    bool any;
    unsigned char first[ADDRESS_BYTES];
    unsigned bits;
    const Object *service;      /* one of them, to be cited */
} Shared;

static void
share(Shared *shared, const unsigned char *address, unsigned most, const Object *service)
{
    if (!shared->any) {
        shared->any = true;
        memcpy(shared->first, address, most / 8);
        shared->bits = most;
        shared->service = service;
        return;
    }
    for (unsigned bit = 0; bit < shared->bits; bit++) {
        unsigned char mask = (unsigned char)(0x80u >> (bit % 8));
        if ((address[bit / 8] ^ shared->first[bit / 8]) & mask)
            shared->bits = bit;
    }
}

static Status
add_inferred(Ranges *ranges, const Shared *shared, int family, unsigned least)
{
    if (!shared->any)
        return ST_OK;
    unsigned bits = shared->bits > least ? least : shared->bits;
    unsigned char base[ADDRESS_BYTES] = {0};
    for (unsigned bit = 0; bit < bits; bit++)
        base[bit / 8] = (unsigned char)(base[bit / 8] |
                                        (shared->first[bit / 8] & (0x80u >> (bit % 8))));
    char text[INET6_ADDRSTRLEN];
    if (!inet_ntop(family, base, text, sizeof text))
        return ST_OK;
    Str cidr = arena_strf(ranges->model->arena, "%s/%u", text, bits);
    if (!cidr.p)
        return err_nomem(ranges->err);
    return add_range(ranges, cidr, "inferred", &shared->service->origin);
}

static Status
from_services(Ranges *ranges, const Objects *services)
{
    Shared four = {0}, six = {0};
    for (size_t i = 0; i < services->count; i++) {
        char text[INET6_ADDRSTRLEN + 1];
        unsigned char address[ADDRESS_BYTES];
        Str ip = node_string(node_path(services->items[i]->node, "spec.clusterIP"));
        if (ip.n == 0 || ip.n >= sizeof text)
            continue;
        memcpy(text, ip.p, ip.n);
        text[ip.n] = '\0';
        if (inet_pton(AF_INET, text, address) == 1)
            share(&four, address, 32, services->items[i]);
        else if (inet_pton(AF_INET6, text, address) == 1)
            share(&six, address, 128, services->items[i]);
    }
    TRY(add_inferred(ranges, &four, AF_INET, INFERRED_BITS_4));
    return add_inferred(ranges, &six, AF_INET6, INFERRED_BITS_6);
}

Status
fact_service_cidrs(Model *model, Fact *ret, Err *err)
{
    Ranges ranges = {.model = model, .err = err};
    Objects pods, services;
    Str system = STR("kube-system");
    TRY(model_objects(model, STR("Pod"), &(StrList){&system, 1}, &pods, err));
    TRY(model_objects(model, STR("Service"), NULL, &services, err));
    TRY(from_flags(&ranges, &pods));
    if (ranges.items.count == 0)
        TRY(from_kubeadm(&ranges));
    if (ranges.items.count == 0)
        TRY(from_services(&ranges, &services));
    if (ranges.items.count == 0) {
        const Gap *gap = services.gap ? services.gap : pods.gap;
        return fact_unknown(model, "cluster.service_cidrs",
                            STR("no flag of kube-apiserver and no cluster address tells them"),
                            gap, ret, err);
    }
    fact_list(ranges.items.items, ranges.items.count, EVIDENCE_COMPLETE, NULL, ret);
    return ST_OK;
}
