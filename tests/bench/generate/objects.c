/* SPDX-License-Identifier: Apache-2.0 */
/* objects.c -- Lists of objects: Pods above all, with what names them. */
#include "generate.h"

#include "analyzer/text/json.h"
#include "base/cleanup.h"

enum { FLUSH_BYTES = 1 << 18, OBJECT_MOST = 1 << 20 };

/* The List that is being written. */
typedef struct {
    const World *world;
    Sink *sink;
    Buf text;                   /* an object, before its indentation */
    Buf out;
    uint64_t count;
    Err *err;
} List;

static Status
begin(List *list, const char *name, const char *api_version, const char *kind)
{
    TRY(sink_begin(list->sink, str_of(name), list->err));
    list->count = 0;
    buf_printf(&list->out, "{\"kind\":\"%sList\",\"apiVersion\":\"%s\","
                           "\"metadata\":{\"resourceVersion\":\"184467\"},\"items\":[",
               kind, api_version);
    return ST_OK;
}

static Status
flush(List *list)
{
    TRY(buf_status(&list->out, list->err));
    TRY(sink_data(list->sink, buf_str(&list->out), list->err));
    buf_clear(&list->out);
    return ST_OK;
}

/* The text as an object of the List, indented where that is asked for. */
static Status
add(List *list)
{
    TRY(buf_status(&list->text, list->err));
    buf_adds(&list->out, list->count++ ? ",\n" : "\n");
    if (list->world->sizes->indent == 0) {
        buf_add_str(&list->out, buf_str(&list->text));
    } else {
        CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
        const Node *node;
        if (!arena)
            return err_nomem(list->err);
        TRY(json_parse(arena, buf_str(&list->text), NULL, &node, list->err));
        node_write_json(node, (unsigned)list->world->sizes->indent, &list->out);
    }
    buf_clear(&list->text);
    return list->out.n < FLUSH_BYTES ? ST_OK : flush(list);
}

static Status
end(List *list)
{
    buf_adds(&list->out, "]}\n");
    TRY(flush(list));
    return sink_end(list->sink, list->err);
}

static void
add_uid(Buf *out, uint64_t n)
{
    uint64_t high = mix(n), low = mix(~n);
    buf_printf(out, "\"uid\":\"%08x-%04x-11e8-%04x-%012" PRIx64 "\"", (unsigned)(high >> 32),
               (unsigned)(high >> 16 & 0xffff), (unsigned)(high & 0xffff), low >> 16);
}

static void
add_digest(Buf *out, uint64_t n)
{
    for (uint64_t i = 0; i < 4; i++)
        buf_printf(out, "%016" PRIx64, mix(n * 4 + i));
}

static void
add_env(Buf *out, uint64_t number)
{
    static const char *const NAMES[] = {
        "JAVA_OPTS", "LOG_LEVEL", "DB_HOST", "DB_PORT", "DB_NAME", "CACHE_URL", "QUEUE_URL",
        "FEATURE_FLAGS", "HTTP_TIMEOUT_MS", "MAX_CONNECTIONS", "OTEL_SERVICE_NAME", "REGION",
        "RETRY_BUDGET", "SHARD", "STATSD_ADDRESS", "TRACE_SAMPLING", "UPSTREAM_CATALOG",
        "UPSTREAM_PAYMENTS", "UPSTREAM_SESSION", "WORKERS", "AUDIT_TOPIC", "BACKUP_BUCKET",
        "BATCH_SIZE", "CERT_FILE", "DEPLOY_RING", "GC_LOG", "HEAP_DUMP_PATH", "MAIL_RELAY",
        "PROFILE_UPLOAD", "SEARCH_INDEX"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        buf_printf(out, "%s{\"name\":\"%s\",\"value\":\"%s-%" PRIu64 ".internal.example.com:%u\"}",
                   i ? "," : "", NAMES[i], i % 3 ? "primary" : "cluster", mix(number + i) % 100000,
                   8000 + (unsigned)i);
    static const char *const FIELDS[][2] = {{"POD_NAME", "metadata.name"},
                                            {"POD_NAMESPACE", "metadata.namespace"},
                                            {"INSTANCE_IP", "status.podIP"}};
    for (size_t i = 0; i < 3; i++)
        buf_printf(out, ",{\"name\":\"%s\",\"valueFrom\":{\"fieldRef\":{\"apiVersion\":\"v1\","
                        "\"fieldPath\":\"%s\"}}}",
                   FIELDS[i][0], FIELDS[i][1]);
}

static void
add_mounts(Buf *out, bool is_proxy)
{
    static const char *const MOUNTS[][2] = {{"config", "/etc/app"}, {"scratch", "/var/tmp/app"},
                                            {"istio-envoy", "/etc/istio/proxy"},
                                            {"istio-certs", "/etc/certs/"}};
    buf_adds(out, "\"volumeMounts\":[");
    for (size_t i = 0; i < 2; i++)
        buf_printf(out, "{\"name\":\"%s\",\"mountPath\":\"%s\"},", MOUNTS[i + 2 * is_proxy][0],
                   MOUNTS[i + 2 * is_proxy][1]);
    buf_adds(out, "{\"name\":\"default-token-x7k2p\",\"readOnly\":true,\"mountPath\":"
                  "\"/var/run/secrets/kubernetes.io/serviceaccount\"}]");
}

#define ENDS_OF_CONTAINER \
    "\"terminationMessagePath\":\"/dev/termination-log\",\"terminationMessagePolicy\":\"File\"," \
    "\"imagePullPolicy\":\"IfNotPresent\""

static void
add_app_container(Buf *out, const Pod *pod)
{
    buf_printf(out, "{\"name\":\"%s\",\"image\":\"registry.example.com/shop/%s:1.%" PRIu64 ".0\",",
               "app", pod->app_name, pod->app % 17);
    buf_adds(out, "\"ports\":[{\"name\":\"http\",\"containerPort\":9080,\"protocol\":\"TCP\"}],"
                  "\"env\":[");
    add_env(out, pod->app);
    buf_adds(out, "],\"resources\":{\"limits\":{\"cpu\":\"2\",\"memory\":\"1Gi\"},"
                  "\"requests\":{\"cpu\":\"100m\",\"memory\":\"256Mi\"}},");
    add_mounts(out, false);
    buf_adds(out, ",\"livenessProbe\":{\"httpGet\":{\"path\":\"/healthz\",\"port\":9080,"
                  "\"scheme\":\"HTTP\"},\"initialDelaySeconds\":15,"
                  "\"timeoutSeconds\":1,\"periodSeconds\":10,\"successThreshold\":1,"
                  "\"failureThreshold\":3},"
                  "\"readinessProbe\":{\"httpGet\":{\"path\":\"/ready\",\"port\":9080,"
                  "\"scheme\":\"HTTP\"},\"timeoutSeconds\":1,"
                  "\"periodSeconds\":5,\"successThreshold\":1,\"failureThreshold\":3},"
                      ENDS_OF_CONTAINER "}");
}

static void
add_proxy_container(Buf *out, const Pod *pod)
{
    static const char *const ARGS[] = {
        "proxy", "sidecar", "--configPath", "/etc/istio/proxy", "--binaryPath",
        "/usr/local/bin/envoy", "--drainDuration", "45s", "--parentShutdownDuration", "1m0s",
        "--discoveryAddress", "istio-pilot.istio-system:15007", "--discoveryRefreshDelay", "10s",
        "--zipkinAddress", "zipkin.istio-system:9411", "--connectTimeout", "10s",
        "--statsdUdpAddress", "istio-statsd-prom-bridge.istio-system:9125", "--proxyAdminPort",
        "15000", "--controlPlaneAuthPolicy", "NONE"};
    buf_adds(out, ",{\"name\":\"istio-proxy\",\"image\":\"docker.io/istio/proxyv2:0.8.0\","
                  "\"args\":[");
    for (size_t i = 0; i < sizeof ARGS / sizeof *ARGS; i++)
        buf_printf(out, "\"%s\",", ARGS[i]);
    buf_printf(out, "\"--serviceCluster\",\"%s\"],\"env\":[", pod->app_name);
    buf_adds(out, "{\"name\":\"ISTIO_META_INTERCEPTION_MODE\",\"value\":\"REDIRECT\"},"
                  "{\"name\":\"ISTIO_META_POD_NAME\",\"valueFrom\":"
                  "{\"fieldRef\":{\"apiVersion\":\"v1\",\"fieldPath\":\"metadata.name\"}}}],"
                  "\"resources\":{\"requests\":{\"cpu\":\"10m\"}},");
    add_mounts(out, true);
    buf_adds(out, ",\"securityContext\":{\"privileged\":false,\"runAsUser\":1337,"
                  "\"readOnlyRootFilesystem\":true}," ENDS_OF_CONTAINER "}");
}

static void
add_pod_spec(Buf *out, const Pod *pod)
{
    buf_adds(out, "\"spec\":{\"volumes\":[{\"name\":\"config\","
                  "\"configMap\":{\"name\":\"app-config\",\"defaultMode\":420}},"
                  "{\"name\":\"scratch\",\"emptyDir\":{}},"
                  "{\"name\":\"istio-envoy\",\"emptyDir\":{\"medium\":\"Memory\"}},"
                  "{\"name\":\"istio-certs\",\"secret\":{\"secretName\":\"istio.default\","
                  "\"defaultMode\":420,\"optional\":true}},"
                  "{\"name\":\"default-token-x7k2p\","
                  "\"secret\":{\"secretName\":\"default-token-x7k2p\",\"defaultMode\":420}}],"
                  "\"initContainers\":[{\"name\":\"istio-init\","
                  "\"image\":\"docker.io/istio/proxy_init:0.8.0\","
                  "\"args\":[\"-p\",\"15001\",\"-u\",\"1337\",\"-m\",\"REDIRECT\",\"-i\",\"*\","
                  "\"-x\",\"\",\"-b\",\"9080,\",\"-d\",\"\"],\"resources\":{},"
                  "\"securityContext\":{\"capabilities\":{\"add\":[\"NET_ADMIN\"]},"
                  "\"privileged\":true}," ENDS_OF_CONTAINER "}],\"containers\":[");
    add_app_container(out, pod);
    add_proxy_container(out, pod);
    buf_printf(out, "],\"restartPolicy\":\"Always\",\"terminationGracePeriodSeconds\":30,"
                    "\"dnsPolicy\":\"ClusterFirst\",\"serviceAccountName\":\"default\","
                    "\"serviceAccount\":\"default\",\"nodeName\":\"%s\",\"securityContext\":{},"
                    "\"schedulerName\":\"default-scheduler\",\"tolerations\":["
                    "{\"key\":\"node.kubernetes.io/not-ready\",\"operator\":\"Exists\","
                    "\"effect\":\"NoExecute\",\"tolerationSeconds\":300},"
                    "{\"key\":\"node.kubernetes.io/unreachable\",\"operator\":\"Exists\","
                    "\"effect\":\"NoExecute\",\"tolerationSeconds\":300}]},",
               pod->node);
}

static void
add_container_status(Buf *out, const char *name, const char *image, uint64_t number)
{
    buf_printf(out, "{\"name\":\"%s\",\"state\":{\"running\":{\"startedAt\":"
                    "\"2018-06-14T08:20:05Z\"}},\"lastState\":{},\"ready\":true,\"restartCount\":0,"
                    "\"image\":\"%s\",\"imageID\":\"docker-pullable://%s@sha256:", name, image,
                        image);
    add_digest(out, number / PODS_OF_APP);
    buf_adds(out, "\",\"containerID\":\"docker://");
    add_digest(out, number);
    buf_adds(out, "\"}");
}

static void
add_pod_status(Buf *out, const Pod *pod)
{
    static const char *const CONDITIONS[] = {"Initialized", "Ready", "PodScheduled"};
    buf_adds(out, "\"status\":{\"phase\":\"Running\",\"conditions\":[");
    for (size_t i = 0; i < 3; i++)
        buf_printf(out, "%s{\"type\":\"%s\",\"status\":\"True\",\"lastProbeTime\":null,"
                        "\"lastTransitionTime\":\"2018-06-14T08:20:0%zuZ\"}",
                   i ? "," : "", CONDITIONS[i], i + 1);
    buf_printf(out, "],\"hostIP\":\"10.0.1.%" PRIu64 "\",\"podIP\":\"%s\","
                                                     "\"startTime\":\"2018-06-14T08:20:01Z\","
                                                     "\"qosClass\":\"Burstable\","
                                                     "\"initContainerStatuses\":["
                    "{\"name\":\"istio-init\",\"state\":{\"terminated\":{\"exitCode\":0,"
                    "\"reason\":\"Completed\",\"startedAt\":\"2018-06-14T08:20:03Z\","
                    "\"finishedAt\":\"2018-06-14T08:20:04Z\"}},"
                    "\"lastState\":{},\"ready\":true,\"restartCount\":0,"
                    "\"image\":\"docker.io/istio/proxy_init:0.8.0\",\"imageID\":\"\"}],"
                    "\"containerStatuses\":[",
               mix(pod->number) % 200, pod->ip);
    add_container_status(out, "app", "registry.example.com/shop/app:1.0.0", pod->number * 2);
    buf_addc(out, ',');
    add_container_status(out, "istio-proxy", "docker.io/istio/proxyv2:0.8.0", pod->number * 2 + 1);
    buf_adds(out, "]}}");
}

static void
add_pod_metadata(Buf *out, const Pod *pod)
{
    buf_printf(out, "\"metadata\":{\"name\":\"%s\",\"generateName\":\"%s-v1-\","
                    "\"namespace\":\"%s\",\"selfLink\":\"/api/v1/namespaces/%s/pods/%s\",",
               pod->name, pod->app_name, pod->ns, pod->ns, pod->name);
    add_uid(out, pod->number);
    buf_printf(out, ",\"resourceVersion\":\"%" PRIu64
               "\",\"creationTimestamp\":\"2018-06-14T08:20:01Z\",\"labels\":{\"app\":\"%s\","
               "\"version\":\"v1\","
                    "\"pod-template-hash\":\"%" PRIu64
                        "\"},\"annotations\":{\"prometheus.io/scrape\":\"true\","
                        "\"prometheus.io/port\":\"9080\",\"sidecar.istio.io/status\":"
                    "\"{\\\"version\\\":"
                    "\\\"5cde0f1298f41f7d1c8b907a36992a7a513225a2615bd6e307bf1a9149b06b40\\\","
                    "\\\"initContainers\\\":[\\\"istio-init\\\"],"
                    "\\\"containers\\\":[\\\"istio-proxy\\\"],"
                    "\\\"volumes\\\":[\\\"istio-envoy\\\",\\\"istio-certs\\\"],"
                    "\\\"imagePullSecrets\\\":null}\"},\"ownerReferences\":["
                    "{\"apiVersion\":\"extensions/v1beta1\",\"kind\":\"ReplicaSet\","
                    "\"name\":\"%s-v1\",",
               100000 + pod->number, pod->app_name, mix(pod->app) % 10000000000, pod->app_name);
    add_uid(out, pod->app << 32);
    buf_adds(out, ",\"controller\":true,\"blockOwnerDeletion\":true}]},");
}

static void
add_control_pod(Buf *out, const ControlPod *pod, uint64_t number)
{
    buf_printf(out, "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"" CONTROL_NAMESPACE "\",",
               pod->name);
    add_uid(out, number << 40);
    buf_printf(out, ",\"creationTimestamp\":\"2018-06-14T08:05:10Z\",\"labels\":{%s}},"
                    "\"spec\":{\"containers\":[{\"name\":\"%s\",\"image\":\"%s\"}],"
                    "\"nodeName\":\"worker-1\"},\"status\":{\"phase\":\"Running\","
                    "\"podIP\":\"10.60.0.%" PRIu64 "\",\"startTime\":\"2018-06-14T08:05:10Z\","
                    "\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}],"
                    "\"containerStatuses\":[",
               pod->labels, pod->container, pod->image, number + 1);
    add_container_status(out, pod->container, pod->image, number << 40);
    buf_adds(out, "]}}");
}

static Status
make_pods(List *list)
{
    TRY(begin(list, "kubernetes/core/pods.json", "v1", "Pod"));
    for (size_t i = 0; i < CONTROL_POD_COUNT; i++) {
        add_control_pod(&list->text, &CONTROL_PODS[i], i);
        TRY(add(list));
    }
    for (uint64_t i = 0; i < list->world->pods; i++) {
        Pod pod;
        pod_of(i, &pod);
        buf_addc(&list->text, '{');
        add_pod_metadata(&list->text, &pod);
        add_pod_spec(&list->text, &pod);
        add_pod_status(&list->text, &pod);
        TRY(add(list));
    }
    return end(list);
}

static Status
make_services(List *list)
{
    TRY(begin(list, "kubernetes/core/services.json", "v1", "Service"));
    for (uint64_t i = 0; i < list->world->pods; i += PODS_OF_APP) {
        Pod pod;
        pod_of(i, &pod);
        buf_printf(&list->text, "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"%s\",",
                   pod.app_name, pod.ns);
        add_uid(&list->text, i << 20);
        buf_printf(&list->text, ",\"creationTimestamp\":\"2018-06-14T08:19:00Z\","
                                "\"labels\":{\"app\":\"%s\"}},"
                                "\"spec\":{\"ports\":[{\"name\":\"http\",\"protocol\":\"TCP\","
                                "\"port\":9080,\"targetPort\":9080}],\"selector\":{\"app\":\"%s\"}"
                                ",\"clusterIP\":\"10.96.%u.%u\",\"type\":\"ClusterIP\","
                                "\"sessionAffinity\":\"None\"},"
                                "\"status\":{\"loadBalancer\":{}}}",
                   pod.app_name, pod.app_name, (unsigned)(pod.app >> 8 & 255),
                                                (unsigned)(pod.app & 255));
        TRY(add(list));
    }
    return end(list);
}

static Status
make_endpoints(List *list)
{
    TRY(begin(list, "kubernetes/core/endpoints.json", "v1", "Endpoints"));
    for (uint64_t i = 0; i < list->world->pods; i += PODS_OF_APP) {
        Pod pod;
        pod_of(i, &pod);
        buf_printf(&list->text, "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"%s\"},"
                                "\"subsets\":[{\"addresses\":[", pod.app_name, pod.ns);
        for (uint64_t k = i; k < i + PODS_OF_APP && k < list->world->pods; k++) {
            pod_of(k, &pod);
            buf_printf(&list->text, "%s{\"ip\":\"%s\",\"nodeName\":\"%s\","
                                    "\"targetRef\":{\"kind\":\"Pod\",\"namespace\":\"%s\","
                                    "\"name\":\"%s\"}}",
                       k == i ? "" : ",", pod.ip, pod.node, pod.ns, pod.name);
        }
        buf_adds(&list->text, "],\"ports\":[{\"name\":\"http\",\"port\":9080,\"protocol\":\"TCP\"}"
                              "]}]}");
        TRY(add(list));
    }
    return end(list);
}

static Status
make_namespaces(List *list)
{
    TRY(begin(list, "kubernetes/core/namespaces.json", "v1", "Namespace"));
    buf_adds(&list->text, "{\"metadata\":{\"name\":\""
             CONTROL_NAMESPACE "\"},\"status\":{\"phase\":\"Active\"}}");
    TRY(add(list));
    uint64_t apps = list->world->pods / PODS_OF_APP + 1;
    for (uint64_t i = 0; i < apps && i / APPS_OF_NAMESPACE < 1000; i += APPS_OF_NAMESPACE) {
        buf_printf(&list->text, "{\"metadata\":{\"name\":\"team-%03" PRIu64
                   "\",\"labels\":{\"istio-injection\":\"enabled\"}},"
                   "\"status\":{\"phase\":\"Active\"}}",
                   i / APPS_OF_NAMESPACE);
        TRY(add(list));
    }
    return end(list);
}

static Status
make_configmaps(List *list)
{
    TRY(begin(list, "kubernetes/core/configmaps.json", "v1", "ConfigMap"));
    buf_adds(&list->text,
             "{\"metadata\":{\"name\":\"istio\",\"namespace\":\""
                 CONTROL_NAMESPACE "\"},\"data\":{\"mesh\":"
             "\"disablePolicyChecks: false\\nenableTracing: true\\nauthPolicy: "
             "NONE\\nrdsRefreshDelay: 10s\\ndefaultConfig:\\n"
             "  connectTimeout: 10s\\n  discoveryAddress: istio-pilot.istio-system:15007\\n  "
             "statsdUdpAddress: istio-statsd-prom-bridge.istio-system:9125\\n\"}}");
    TRY(add(list));
    return end(list);
}

/* Resources of which the cluster has none: rules then know that. */
static Status
make_empty(List *list)
{
    static const char *const EMPTY[][3] = {
        {"kubernetes/core/nodes.json", "v1", "Node"},
        {"kubernetes/core/secrets.json", "v1", "Secret"},
        {"kubernetes/core/events.json", "v1", "Event"},
        {"kubernetes/apps/deployments.json", "apps/v1", "Deployment"},
        {"kubernetes/batch/jobs.json", "batch/v1", "Job"},
        {"kubernetes/networking.istio.io/virtualservices.json", "networking.istio.io/v1alpha3",
            "VirtualService"},
        {"kubernetes/networking.istio.io/destinationrules.json", "networking.istio.io/v1alpha3",
            "DestinationRule"},
        {"kubernetes/networking.istio.io/gateways.json", "networking.istio.io/v1alpha3", "Gateway"},
        {"kubernetes/networking.istio.io/serviceentries.json", "networking.istio.io/v1alpha3",
            "ServiceEntry"},
        {"kubernetes/config.istio.io/routerules.json", "config.istio.io/v1alpha2", "RouteRule"},
        {"kubernetes/config.istio.io/rules.json", "config.istio.io/v1alpha2", "rule"},
        {"kubernetes/config.istio.io/metrics.json", "config.istio.io/v1alpha2", "metric"},
        {"kubernetes/config.istio.io/prometheuses.json", "config.istio.io/v1alpha2", "prometheus"},
        {"kubernetes/authentication.istio.io/policies.json", "authentication.istio.io/v1alpha1",
            "Policy"},
        {"kubernetes/authentication.istio.io/meshpolicies.json",
            "authentication.istio.io/v1alpha1", "MeshPolicy"},
    };
    for (size_t i = 0; i < sizeof EMPTY / sizeof *EMPTY; i++) {
        TRY(begin(list, EMPTY[i][0], EMPTY[i][1], EMPTY[i][2]));
        TRY(end(list));
    }
    return ST_OK;
}

Status
make_objects(const World *world, Sink *sink, Err *err)
{
    List list = {.world = world, .sink = sink, .text = BUF_INIT(OBJECT_MOST),
                 .out = BUF_INIT(FLUSH_BYTES + 4 * OBJECT_MOST), .err = err};
    Status (*const MAKERS[])(List *) = {make_pods, make_services, make_endpoints, make_namespaces,
                                        make_configmaps, make_empty};
    Status status = ST_OK;
    for (size_t i = 0; i < sizeof MAKERS / sizeof *MAKERS && status == ST_OK; i++)
        status = MAKERS[i](&list);
    buf_done(&list.text);
    buf_done(&list.out);
    return status;
}
