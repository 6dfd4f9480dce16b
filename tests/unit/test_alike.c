/* SPDX-License-Identifier: Apache-2.0 */
/* test_alike.c -- nodes that an expression cannot tell apart, and that rules say of them what they would
 * say of each alone. */
#include "analyzer/query/alike.h"

#include "analyzer/text/json.h"
#include "tests/unit/cel_support.h"
#include "tests/unit/rule_tool.h"

#include <stdio.h>
#include <string.h>

/* ---- nodes ---- */

static const Node *
parsed(Arena *arena, const char *text)
{
    const Node *node;
    Err err = {0};
    ck_assert_ok(json_parse(arena, str_of(text), NULL, &node, &err), err);
    return node;
}

START_TEST(what_is_looked_at_tells_nodes_apart)
{
    static const struct {
        const char *text;       /* an expression over it */
        const char *a;
        const char *b;
        bool alike;
    } CASES[] = {
        {"it.a == 1", "{'a':1,'b':2}", "{'a':1,'b':3}", true},
        {"it.a == 1", "{'a':1}", "{'a':2}", false},
        {"it.a == 1", "{'a':1}", "{'a':1.0}", false},
        {"it.a && it.b > 1", "{'a':true,'b':2}", "{'a':false,'b':2}", false},
        {"it.a == 1", "{'a':1,'b':2}", "{'a':1}", false},       /* keys are always compared */
        {"it.a == 1", "{'a':1,'b':2}", "{'b':2,'a':1}", false},
        {"has(it.a.b)", "{'a':{'b':1,'c':2}}", "{'a':{'b':1,'c':[]}}", true},
        {"has(it.a.b)", "{'a':{'b':1}}", "{'a':{'c':1}}", false},
        {"size(it.a) == 2", "{'a':[{'x':1},{}]}", "{'a':[{'x':1}]}", false},
        {"it.a.exists(x, x.b == 'y')", "{'a':[{'b':'n','c':1}]}", "{'a':[{'b':'n','c':2}]}", true},
        {"it.a.exists(x, x.b == 'y')", "{'a':[{'b':'n'},{'b':'n'}]}", "{'a':[{'b':'n'}]}", false},
        {"it.a.all(k, k.startsWith('x'))", "{'a':{'x1':1}}", "{'a':{'y1':1}}", false},
        {"it.a[it.key] == 1", "{'a':{'x':1},'key':'x'}", "{'a':{'x':2},'key':'x'}", false},
        {"it.a.b == it.c", "{'a':{'b':[1]},'c':[2]}", "{'a':{'b':[1]},'c':[3]}", false},
        {"it.?a.orValue({}) == {}", "{'a':{'b':1}}", "{'a':{'b':2}}", false},
        {"type(it.a) == string", "{'a':'x'}", "{'a':null}", false},
        {"it.a.?b.orValue(-0.0) < 1.0", "{'a':{'b':0.0}}", "{'a':{'b':-0.0}}", false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
        const NodeKeep *fields;
        const Node *nodes[2];
        const char *texts[2] = {CASES[i].a, CASES[i].b};
        Err err = {0};
        ck_assert_ok(cel_reach_variable(cel_compiled(arena, CASES[i].text), "it", arena, &fields,
                                        &err), err);
        ck_assert_msg(fields != NULL, "%s", CASES[i].text);
        for (size_t k = 0; k < 2; k++) {
            char *text = arena_cstr(arena, str_of(texts[k]));
            for (char *at = text; *at; at++)
                *at = *at == '\'' ? '"' : *at;
            nodes[k] = parsed(arena, text);
        }
        ck_assert_msg(nodes_are_alike(nodes[0], nodes[1], fields) == CASES[i].alike, "%s: %s, %s",
                      CASES[i].text, CASES[i].a, CASES[i].b);
    }
}
END_TEST

/* What an expression hands on whole, or asks of a pod beside its fields, tells nothing that could be compared. */
START_TEST(some_expressions_look_at_everything)
{
    static const char *const CASES[] = {"f.exists(x, x == it)", "string(it) == ''", "true", "f == 1",
                                        "k8s.env(it, 'c') == {}", "k8s.image(it, 'c') == ''",
                                        "[it].map(x, x)[0] == f"};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
        const NodeKeep *fields;
        Err err = {0};
        ck_assert_ok(cel_reach_variable(cel_compiled(arena, CASES[i]), "it", arena, &fields, &err),
                     err);
        ck_assert_msg(fields == NULL, "%s", CASES[i]);
    }
}
END_TEST

START_TEST(what_is_large_is_not_compared)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(buf_done) Buf text = BUF_INIT(1 << 20);
    buf_adds(&text, "{\"a\":\"");
    for (size_t i = 0; i < 20000; i++)
        buf_addc(&text, 'x');
    buf_adds(&text, "\"}");
    const NodeKeep *fields;
    Err err = {0};
    ck_assert_ok(cel_reach_variable(cel_compiled(arena, "it.a == 'y'"), "it", arena, &fields, &err),
                 err);
    const Node *a = parsed(arena, text.data);
    const Node *b = parsed(arena, arena_cstr(arena, buf_str(&text)));
    ck_assert(nodes_are_alike(a, a, fields));
    ck_assert(!nodes_are_alike(a, b, fields));
}
END_TEST

START_TEST(the_last_few_are_remembered)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Alike alike = {0};
    bool result = false;
    const Node *nodes[ALIKE_KEPT + 1];
    Err err = {0};
    for (size_t i = 0; i <= ALIKE_KEPT; i++) {
        char text[40];
        (void)snprintf(text, sizeof text, "{\"a\":%zu}", i);
        nodes[i] = parsed(arena, arena_cstr(arena, str_of(text)));
    }
    alike_remember(&alike, nodes[0], true);
    ck_assert(!alike_find(&alike, nodes[0], &result));
    alike = (Alike){0};
    ck_assert_ok(cel_reach_variable(cel_compiled(arena, "it.a > 1"), "it", arena, &alike.fields,
                                    &err), err);
    ck_assert(!alike_find(&alike, nodes[0], &result));
    for (size_t i = 0; i <= ALIKE_KEPT; i++)
        alike_remember(&alike, nodes[i], i % 2 == 0);
    ck_assert(!alike_find(&alike, nodes[0], &result));
    for (size_t i = 1; i <= ALIKE_KEPT; i++) {
        ck_assert(alike_find(&alike, nodes[i], &result));
        ck_assert(result == (i % 2 == 0));
    }
}
END_TEST

/* ---- shipped rules ---- */

static const char POD[] =
    "{\"metadata\":{\"name\":\"@\",\"namespace\":\"shop\",\"labels\":{\"app\":\"cart\",\"version\":\"v1\"},"
    "\"annotations\":{\"sidecar.istio.io/status\":\"{}\",\"sidecar.istio.io/inject\":\"true\"},"
    "\"ownerReferences\":[{\"kind\":\"ReplicaSet\",\"name\":\"cart-1\",\"controller\":true}]},"
    "\"spec\":{\"volumes\":[{\"name\":\"istio-certs\",\"secret\":{\"secretName\":\"istio.default\"}}],"
    "\"initContainers\":[{\"name\":\"istio-init\",\"image\":\"docker.io/istio/proxy_init:0.8.0\","
    "\"args\":[\"-p\",\"15001\",\"-u\",\"1337\",\"-m\",\"REDIRECT\",\"-i\",\"*\",\"-x\",\"\",\"-b\",\"9080,\",\"-d\",\"\"],"
    "\"securityContext\":{\"capabilities\":{\"add\":[\"NET_ADMIN\"]},\"privileged\":true}}],"
    "\"containers\":[{\"name\":\"app\",\"image\":\"cart:1\",\"ports\":[{\"name\":\"http\",\"containerPort\":9080,\"protocol\":\"TCP\"}],"
    "\"livenessProbe\":{\"httpGet\":{\"path\":\"/healthz\",\"port\":9080}},"
    "\"readinessProbe\":{\"httpGet\":{\"path\":\"/ready\",\"port\":9080}}},"
    "{\"name\":\"istio-proxy\",\"image\":\"docker.io/istio/proxyv2:0.8.0\","
    "\"args\":[\"proxy\",\"sidecar\",\"--discoveryAddress\",\"istio-pilot.istio-system:15007\","
    "\"--controlPlaneAuthPolicy\",\"NONE\",\"--serviceCluster\",\"cart\"],"
    "\"env\":[{\"name\":\"POD_NAME\",\"value\":\"x\"}],\"resources\":{\"limits\":{\"memory\":\"128Mi\"}},"
    "\"securityContext\":{\"runAsUser\":1337}}],"
    "\"hostNetwork\":false,\"dnsPolicy\":\"ClusterFirst\",\"serviceAccountName\":\"default\",\"nodeName\":\"worker-1\"},"
    "\"status\":{\"phase\":\"Running\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}],\"podIP\":\"10.1.0.1\","
    "\"initContainerStatuses\":[{\"name\":\"istio-init\",\"state\":{\"terminated\":{\"exitCode\":0,\"reason\":\"Completed\"}},"
    "\"lastState\":{\"terminated\":{\"exitCode\":0}},\"restartCount\":0}],"
    "\"containerStatuses\":[{\"name\":\"app\",\"state\":{\"running\":{}},\"ready\":true,\"restartCount\":0},"
    "{\"name\":\"istio-proxy\",\"state\":{\"waiting\":{\"reason\":\"X\"}},\"lastState\":{\"terminated\":{\"reason\":\"Error\",\"exitCode\":1}},"
    "\"ready\":true,\"restartCount\":0}]}}";

typedef enum { LEFT_OUT, OTHER_TEXT, OTHER_TYPE, CHANGE_COUNT } Change;

/* Writes a pod of which one node is another: nodes are numbered as they are written. */
typedef struct {
    Buf *out;
    size_t next;
    size_t target;
    Change change;
    size_t name;
} PodWriter;

static bool
is_left_out(const PodWriter *w)
{
    return w->next == w->target && w->change == LEFT_OUT;
}

static void
write_changed(const PodWriter *w, const Node *node)
{
    if (w->change == OTHER_TYPE)
        buf_adds(w->out, node->type == NODE_STRING ? "7" : "\"seven\"");
    else if (node->type == NODE_STRING)
        buf_adds(w->out, "\"OOMKilled\"");
    else if (node->type == NODE_BOOL)
        buf_adds(w->out, node->boolean ? "false" : "true");
    else
        buf_adds(w->out, node->type == NODE_LIST ? "[]" : node->type == NODE_MAP ? "{}" : "137");
}

static void write_pod(PodWriter *w, const Node *node);

static void
write_children(PodWriter *w, const Node *node)
{
    bool is_map = node->type == NODE_MAP;
    const char *between = "";
    buf_addc(w->out, is_map ? '{' : '[');
    for (uint32_t i = 0; i < node->count; i++) {
        const Node *child = is_map ? &node->pairs[i].value : &node->items[i];
        if (is_left_out(w)) {
            w->target = SIZE_MAX;
            continue;
        }
        buf_adds(w->out, between);
        between = ",";
        if (is_map)
            buf_printf(w->out, "\"" STR_FMT "\":", STR_ARG(node->pairs[i].key));
        write_pod(w, child);
    }
    buf_addc(w->out, is_map ? '}' : ']');
}

static void
write_pod(PodWriter *w, const Node *node)
{
    if (w->next++ == w->target)
        write_changed(w, node);
    else if (node->type == NODE_MAP || node->type == NODE_LIST)
        write_children(w, node);
    else if (node->type == NODE_STRING && str_is(node->string, "@"))
        buf_printf(w->out, "\"p-%05zu\"", w->name);
    else
        node_write_json(node, 0, w->out);
}

/* Nothing is added where the change took the pod's name.  Returns the number of nodes. */
static size_t
add_pod(const Node *pod, size_t target, Change change, size_t name, Buf *out)
{
    PodWriter w = {.out = out, .target = target, .change = change, .name = name};
    char written[24];
    size_t start = out->n, at;
    (void)snprintf(written, sizeof written, "\"p-%05zu\"", name);
    buf_adds(out, "- {\"kind\":\"Pod\",\"apiVersion\":\"v1\",");
    size_t from = out->n;
    write_pod(&w, pod);
    out->data[from] = ' ';      /* the bracket: the pod's fields stand in this map */
    buf_addc(out, '\n');
    if (!str_find(str_from(buf_str(out), start), str_of(written), &at))
        out->n = start;
    return w.next;
}

/* Many pods, each other in one thing, among those that are all the same. */
static void
write_bundle(Arena *arena, Buf *out)
{
    buf_adds(out, "versions: {istio: 0.8.0}\nk8s:\n"
             "- {kind: Namespace, metadata: {name: shop, labels: {istio-injection: enabled}}}\n"
             "- {kind: Service, metadata: {namespace: shop, name: cart}, spec: {clusterIP: 10.0.0.7, selector: {app: cart},"
             " ports: [{name: http, port: 80, targetPort: 9080}]}}\n"
             "- {kind: Service, metadata: {namespace: istio-system, name: istio-pilot}, spec: {clusterIP: 10.0.0.8,"
             " selector: {istio: pilot}, ports: [{name: http, port: 15007}]}}\n");
    const Node *pod = parsed(arena, POD);
    CLEANUP(buf_done) Buf trash = BUF_INIT(1 << 20);
    size_t nodes = add_pod(pod, SIZE_MAX, LEFT_OUT, 0, &trash);
    size_t name = 0;
    for (size_t target = 1; target < nodes; target++)
        for (Change change = LEFT_OUT; change < CHANGE_COUNT; change++) {
            (void)add_pod(pod, target, change, name++, out);
            (void)add_pod(pod, SIZE_MAX, change, name++, out);
        }
}

static void
ignore_part(void *context, const CelProgram *program, uint32_t start, uint32_t end, unsigned depth,
            Value value)
{
    (void)context;
    (void)program;
    (void)start;
    (void)end;
    (void)depth;
    (void)value;
}

static void
ignore_name(void *context, const Binding *binding, Value value)
{
    (void)context;
    (void)binding;
    (void)value;
}

static void
ignore_expression(void *context, const Expression *expression, Value value)
{
    (void)context;
    (void)expression;
    (void)value;
}

static void
ignore_element(void *context, size_t index, Value element)
{
    (void)context;
    (void)index;
    (void)element;
}

static bool
needs_pods(const Rule *rule)
{
    for (size_t i = 0; i < rule->needs.count; i++)
        if (str_is(rule->needs.items[i], "k8s:Pod") || str_starts(rule->needs.items[i], STR("fact:")))
            return true;
    return false;
}

static void
write_verdicts(RuleSet *set, const char *bundle, const EvaluateOptions *options, Buf *out)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    Evaluation evaluation;
    tool_evaluate_with(set, bundle, options, arena, &evaluation);
    tool_verdicts(set, &evaluation.verdicts, out);
    for (size_t i = 0; i < evaluation.verdicts.count; i++) {
        const VerdictDetail *detail = evaluation.verdicts.items[i].detail;
        for (size_t k = 0; k < detail->evidence_count; k++)
            buf_printf(out, STR_FMT ":%u ", STR_ARG(detail->evidence[k].pointer),
                       detail->evidence[k].line);
    }
}

/* Who traces a rule sees every element, so nothing may be remembered then. */
START_TEST(shipped_rules_judge_each_pod_as_if_it_were_alone)
{
    static const Trace TRACE = {ignore_part, ignore_name, ignore_expression, ignore_element, NULL};
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    CLEANUP(buf_done) Buf bundle = BUF_INIT(8 << 20);
    char folder[1024];
    Err err = {0};
    RuleSet *set = rules_new(arena);
    ck_assert_int_lt(snprintf(folder, sizeof folder, "%s/rules", unit_source_folder()),
                     sizeof folder);
    ck_assert_ok(rules_load(set, folder, &err), err);
    ck_assert_ok(rules_finish(set, &err), err);
    write_bundle(arena, &bundle);
    size_t compared = 0;
    for (size_t i = (size_t)_i; i < set->rules.count; i += 4) {
        CLEANUP(buf_done) Buf all = BUF_INIT(64 << 20);
        CLEANUP(buf_done) Buf alone = BUF_INIT(64 << 20);
        Rule *rule = set->rules.items[i];
        if (!needs_pods(rule))
            continue;
        for (size_t k = 0; k < set->rules.count; k++)
            set->rules.items[k]->is_selected = k == i;
        write_verdicts(set, bundle.data, NULL, &all);
        write_verdicts(set, bundle.data, &(EvaluateOptions){.traced = rule, .trace = &TRACE},
                       &alone);
        ck_assert_msg(str_eq(buf_str(&all), buf_str(&alone)), STR_FMT " differs", STR_ARG(rule->id));
        compared++;
    }
    ck_assert_uint_gt(compared, 10);
}
END_TEST

Suite *
unit_suite(void)
{
    Suite *suite = suite_create("alike");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 120);
    tcase_add_test(all, what_is_looked_at_tells_nodes_apart);
    tcase_add_test(all, some_expressions_look_at_everything);
    tcase_add_test(all, what_is_large_is_not_compared);
    tcase_add_test(all, the_last_few_are_remembered);
    tcase_add_loop_test(all, shipped_rules_judge_each_pod_as_if_it_were_alone, 0, 4);
    suite_add_tcase(suite, all);
    return suite;
}
