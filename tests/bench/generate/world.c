/* SPDX-License-Identifier: Apache-2.0 */
/* world.c -- who is there: applications, their pods, the control plane. */
#include "generate.h"

#include <stdio.h>

enum { POD_BYTES = 8170, POD_BYTES_INDENTED = 17700, NODE_COUNT = 200 };

const ControlPod CONTROL_PODS[] = {
    {"istio-telemetry-7f9c4d6b58-x2x7k", "\"istio\":\"mixer\",\"istio-mixer-type\":\"telemetry\"",
     "mixer", "docker.io/istio/mixer:0.8.0", 9093, "mixer"},
    {"istio-policy-6c4bb58d7f-9qkzr", "\"istio\":\"mixer\",\"istio-mixer-type\":\"policy\"",
     "mixer", "docker.io/istio/mixer:0.8.0", 9093, "mixer"},
    {"istio-pilot-5d5b7d8f67-7wxwj", "\"istio\":\"pilot\",\"app\":\"pilot\"", "discovery",
     "docker.io/istio/pilot:0.8.0", 9093, "pilot"},
    {"istio-citadel-7bdc7775c7-99dcz", "\"istio\":\"citadel\"", "citadel",
     "docker.io/istio/citadel:0.8.0", 9093, "citadel"},
    {"istio-ingressgateway-6f7b9cf5b8-fpqfh", "\"istio\":\"ingressgateway\"", "ingressgateway",
     "docker.io/istio/proxyv2:0.8.0", 0, "ingress"},
    {"prometheus-84bd4b9796-xnlgq", "\"app\":\"prometheus\"", "prometheus",
     "docker.io/prom/prometheus:v2.3.1", 9090, "prometheus"},
};
const size_t CONTROL_POD_COUNT = sizeof CONTROL_PODS / sizeof *CONTROL_PODS;

uint64_t
mix(uint64_t n)
{
    n += UINT64_C(0x9e3779b97f4a7c15);
    n = (n ^ n >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    n = (n ^ n >> 27) * UINT64_C(0x94d049bb133111eb);
    return n ^ n >> 31;
}

uint64_t
chance_bits(Chance *chance)
{
    return mix(chance->state++);
}

uint64_t
chance_below(Chance *chance, uint64_t limit)
{
    return (uint64_t)(((unsigned __int128)chance_bits(chance) * limit) >> 64);
}

void
pod_of(uint64_t number, Pod *ret)
{
    static const char *const WORDS[] = {"cart", "catalog", "checkout", "details", "email",
                                        "inventory", "ledger", "orders", "payments", "ratings",
                                        "recommend", "reviews", "search", "session", "shipping",
                                        "users"};
    uint64_t app = number / PODS_OF_APP;
    uint64_t hash = mix(app << 8);
    uint64_t own = mix(number << 8 | 1);
    ret->number = number;
    ret->app = app;
    (void)snprintf(ret->app_name, sizeof ret->app_name, "%s-%" PRIu64,
                   WORDS[app % (sizeof WORDS / sizeof *WORDS)], app);
    (void)snprintf(ret->ns, sizeof ret->ns, "team-%03" PRIu64, app / APPS_OF_NAMESPACE % 1000);
    (void)snprintf(ret->name, sizeof ret->name, "%s-v1-%09" PRIu64 "-%05x", ret->app_name,
                   hash % UINT64_C(1000000000), (unsigned)(own & 0xfffff));
    (void)snprintf(ret->ip, sizeof ret->ip, "10.%u.%u.%u", 64 + (unsigned)(number >> 16 & 63),
                   (unsigned)(number >> 8 & 255), (unsigned)(number & 255));
    (void)snprintf(ret->node, sizeof ret->node, "worker-%u", (unsigned)(own >> 20) % NODE_COUNT);
}

void
world_init(World *world, const Sizes *sizes)
{
    world->sizes = sizes;
    world->pods = sizes->pod_bytes / (sizes->indent ? POD_BYTES_INDENTED : POD_BYTES) + 1;
    if (world->pods < sizes->log_count)     /* logs are of pods that the List has */
        world->pods = sizes->log_count;
}
