/* SPDX-License-Identifier: Apache-2.0 */
/* source_prometheus.c -- prometheus: configuration, targets and rules as Prometheus tells. */
#include "analyzer/query/source_private.h"

#include "analyzer/model/tree.h"
#include "base/yaml.h"

typedef enum { PAGE_CONFIG, PAGE_TARGETS, PAGE_RULES } Page;

static const char *const PAGES[] = {
    [PAGE_CONFIG] = "config", [PAGE_TARGETS] = "targets", [PAGE_RULES] = "rules", NULL,
};

typedef struct {
    Page page;
} PrometheusSource;

static const char *const *
page_words(void)
{
    return PAGES;
}

static Status
compile(SourceReader *reader)
{
    PrometheusSource *prometheus = ARENA_NEW(reader->arena, PrometheusSource);
    if (!prometheus)
        return err_nomem(reader->err);
    Str word = node_string(reader->spec);
    bool found = false;
    for (Page i = PAGE_CONFIG; i <= PAGE_RULES && !found; i++) {
        found = str_is(word, PAGES[i]);
        if (found)
            prometheus->page = i;
    }
    if (!found) {
        const char *nearest = str_nearest(word, PAGES);
        reader_error(reader, reader->spec, 0,
                     "source prometheus is config, targets or rules%s%s%s",
                     nearest ? "; did you mean '" : "", nearest ? nearest : "",
                     nearest ? "'?" : "");
    }
    reader->source->data = prometheus;
    return ST_OK;
}

static const char *
page_of(const Source *source)
{
    return PAGES[((const PrometheusSource *)source->data)->page];
}

static Status
needs(const Source *source, Arena *arena, NeedList *list, Err *err)
{
    return need_add(arena, list, "prometheus:", str_of(page_of(source)), err);
}

static Str
glob_of(Arena *arena, const Source *source)
{
    return arena_strf(arena, "http/prometheus/*/*/%s.json", page_of(source));
}

static Status
demand(const Source *source, Demand *demand, Err *err)
{
    char glob[64];
    Buf text = BUF_INIT(sizeof glob);
    buf_printf(&text, "http/prometheus/*/*/%s.json", page_of(source));
    Status status = buf_status(&text, err);
    if (status == ST_OK)
        status = demand_documents(demand, buf_str(&text), err);
    buf_done(&text);
    return status;
}

static Value
malformed(const SourceEval *eval, const Document *document, const char *what)
{
    Str reason = arena_strf(eval->arena, "malformed: " STR_FMT ": %s", STR_ARG(document->member),
                            what);
    return value_missing(eval->arena, "prometheus", reason, STR("malformed"), STR(""));
}

/* The configuration is YAML text inside the answer. */
static Value
config_of(const SourceEval *eval, const Document *document, const Node *data)
{
    const Node *text = node_get(data, STR("yaml"));
    const Node *parsed;
    Err refused = {0};
    if (!node_is(text, NODE_STRING))
        return malformed(eval, document, "no YAML in the answer");
    if (yaml_parse_one(eval->arena, text->string, NULL, &parsed, &refused) != ST_OK)
        return refused.status == ST_NOMEM ? value_nomem()
                                          : malformed(eval, document, refused.text);
    Node *root = ARENA_NEW(eval->arena, Node);
    if (!root || tree_at_line(eval->arena, parsed, text->line, root, NULL) != ST_OK)
        return value_nomem();
    Origin origin = {.member = document->member, .line = text->line, .root = root,
                     .pointer = STR("/data/yaml")};
    const Origin *kept = keep_origin(eval->arena, &origin);
    return kept ? value_of_node(root, kept) : value_nomem();
}

static Value
body_of(const Source *source, const SourceEval *eval, const Document *document)
{
    const Node *root;
    const Gap *gap = document->gap;
    Err err = {0};
    if (document->gap)
        return value_unknown(gap);
    if (model_parse(eval->model, document, DOCUMENT_JSON, &root, &gap, &err) != ST_OK)
        return value_error(eval->arena, "%s", err.text);
    if (!root)
        return value_unknown(gap);
    const Node *data = node_get(root, STR("data"));
    if (!str_is(node_string(node_get(root, STR("status"))), "success") || !node_is(data, NODE_MAP))
        return malformed(eval, document, "Prometheus answered with an error");
    if (((const PrometheusSource *)source->data)->page == PAGE_CONFIG)
        return config_of(eval, document, data);
    Origin origin = {.member = document->member, .line = data->line, .root = data,
                     .pointer = STR("/data")};
    const Origin *kept = keep_origin(eval->arena, &origin);
    return kept ? value_of_node(data, kept) : value_nomem();
}

static Value
eval_prometheus(const Source *source, const SourceEval *eval)
{
    Str glob = glob_of(eval->arena, source);
    const char *evidence = arena_printf(eval->arena, "prometheus:%s", page_of(source));
    Documents documents;
    Err err = {0};
    if (!glob.p || !evidence)
        return value_nomem();
    CLEANUP(model_leave) Model *held = model_hold(eval->model);     /* bodies are parsed when asked for */
    if (model_documents(held, evidence, glob, &documents, &err) != ST_OK)
        return value_error(eval->arena, "%s", err.text);
    ListMaker maker = list_maker(eval);
    for (size_t i = 0; i < documents.count; i++) {
        const Document *document = documents.items[i];
        Origin place = {.member = document->member, .line = 1};
        ValueField fields[] = {
            {"namespace", value_string(document->name.namespace)},
            {"name", value_string(document->name.pod)},
            {"body", body_of(source, eval, document)},
        };
        list_add(&maker, value_record(eval->arena, fields, sizeof fields / sizeof *fields,
                                      keep_origin(eval->arena, &place)));
    }
    list_add_gap(&maker, documents.gap);
    return list_end(&maker, documents.state == EVIDENCE_UNKNOWN);
}

static void
subject(const Source *source, Value element, size_t index, Buf *out)
{
    static const char *const FIELDS[] = {"namespace", "name", NULL};
    (void)source;
    (void)index;
    subject_of_fields(element, FIELDS, out);
}

const SourceType SOURCE_TYPE_prometheus = {
    .doc = {"prometheus", "config, targets or rules as each Prometheus tells them: a list of {namespace, name, body}",
            .words = page_words},
    .compile = compile,
    .needs = needs,
    .demand = demand,
    .eval = eval_prometheus,
    .subject = subject,
};
