/* SPDX-License-Identifier: Apache-2.0 */
/* documents.c -- members that are kept whole: found by glob, parsed once. */
#include "analyzer/model/model_private.h"
#include "base/limits.h"
#include "base/yaml.h"

#include <stdlib.h>

Status
document_keep(Model *model, Str name, Str text, bool cut, bool is_head, Err *err)
{
    KeptDocument *document = ARENA_NEW(model->arena, KeptDocument);
    KeptDocument **slot = VEC_PUSH(model->arena, &model->documents);
    Str member = arena_str(model->arena, name);
    if (!document || !slot || !member.p)
        return err_nomem(err);
    document->shown.member = member;
    document->shown.text = text;
    document->is_head = is_head;
    member_name_parse(member, &document->shown.name);
    if (cut)
        TRY(plain_gap(model, "document",
                      arena_strf(model->arena, "truncated: only the first %zu bytes of " STR_FMT
                                 " are there", text.n, STR_ARG(member)),
                      "truncated", "get the bundle again", NULL, &document->shown.gap, err));
    *slot = document;
    return map_put(&model->documents_by_name, member, document) ? ST_OK : err_nomem(err);
}

static int
compare_documents(const void *a, const void *b)
{
    const KeptDocument *const *left = a;
    const KeptDocument *const *right = b;
    return str_cmp((*left)->shown.member, (*right)->shown.member);
}

void
documents_sort(Model *model)
{
    if (model->documents.count)
        qsort(model->documents.items, model->documents.count, sizeof *model->documents.items,
              compare_documents);
}

KeptDocument *
document_kept(const Model *model, Str name)
{
    return map_get(&model->documents_by_name, name);
}

/* What the capture of a document that is there says against it. */
static Status
judge_document(Model *model, const char *evidence, KeptDocument *document, Err *err)
{
    MemberState state;
    TRY(model_member(model, evidence, document->shown.member, &state, err));
    if (state.gap) {
        document->shown.gap = gap_join(model->arena, state.gap, document->shown.gap);
        if (!document->shown.gap)
            return err_nomem(err);
    }
    return ST_OK;
}

/* Documents that a capture names and the bundle does not hold. */
static Status
add_lost(Model *model, const char *evidence, Str glob, const Gap **gap, Err *err)
{
    const Manifest *manifest = model->manifest;
    for (size_t i = 0; manifest && i < manifest->captures.count; i++) {
        const Capture *capture = &manifest->captures.items[i];
        for (size_t k = 0; k < capture->member_count; k++) {
            Str name = capture->members[k].name;
            if (map_has(&model->seen, name) || !str_glob(glob, name, true))
                continue;
            TRY(plain_gap(model, evidence,
                          arena_strf(model->arena, "missing: the bundle does not hold " STR_FMT,
                                     STR_ARG(name)),
                          "", "get the bundle again", *gap, gap, err));
        }
    }
    return ST_OK;
}

Status
model_documents(Model *model, const char *evidence, Str glob, Documents *ret, Err *err)
{
    VEC(const Document *) found = {0};
    for (size_t i = 0; i < model->documents.count; i++) {
        KeptDocument *document = model->documents.items[i];
        if (document->is_head || !str_glob(glob, document->shown.member, true))
            continue;
        TRY(judge_document(model, evidence, document, err));
        const Document **slot = VEC_PUSH(model->arena, &found);
        if (!slot)
            return err_nomem(err);
        *slot = &document->shown;
    }
    Documents documents = {.items = found.items, .count = found.count};
    TRY(model_cover(model, evidence, glob, &documents.state, &documents.gap, err));
    bool one = !str_is_glob(glob);
    if (!one)
        TRY(add_lost(model, evidence, glob, &documents.gap, err));
    if (documents.gap && documents.state == EVIDENCE_COMPLETE)
        documents.state = EVIDENCE_INCOMPLETE;
    if (one && found.count) {
        /* A name without stars is all there can be. */
        documents.state = found.items[0]->gap ? EVIDENCE_INCOMPLETE : EVIDENCE_COMPLETE;
        documents.gap = found.items[0]->gap;
    } else if (found.count && documents.state == EVIDENCE_UNKNOWN) {
        documents.state = EVIDENCE_INCOMPLETE;
    } else if (!found.count && documents.state == EVIDENCE_COMPLETE && one) {
        MemberState state;
        TRY(model_member(model, evidence, glob, &state, err));
        documents.gap = state.gap;
        documents.state = state.gap ? EVIDENCE_UNKNOWN : EVIDENCE_COMPLETE;
    } else if (!found.count && documents.state != EVIDENCE_COMPLETE) {
        documents.state = EVIDENCE_UNKNOWN;
    }
    *ret = documents;
    return ST_OK;
}

/* Pilot's hand-made lists end with ",{}]" and are fine; bodies of several documents are not. */
static Status
parse_json(Model *model, const Document *document, const Node **ret, Err *err)
{
    return json_parse(model->arena, document->text, NULL, ret, err);
}

/* One document as it is, several as a list. */
static Status
parse_yaml(Model *model, const Document *document, const Node **ret, Err *err)
{
    YamlStream stream;
    TRY(yaml_parse(model->arena, document->text, NULL, &stream, err));
    if (stream.count == 1) {
        *ret = stream.documents[0];
        return ST_OK;
    }
    Node *list = ARENA_NEW(model->arena, Node);
    Node *items = ARENA_ARRAY(model->arena, Node, stream.count);
    if (!list || !items)
        return err_nomem(err);
    for (size_t i = 0; i < stream.count; i++)
        items[i] = *stream.documents[i];
    *list = (Node){.type = NODE_LIST, .line = 1, .count = (uint32_t)stream.count, .items = items};
    *ret = list;
    return ST_OK;
}

static Status
parse_now(Model *model, const Document *document, DocumentFormat format, ParsedDocument *parsed,
          Err *err)
{
    Err refused = {0};
    Status status = format == DOCUMENT_JSON
                        ? parse_json(model, document, &parsed->node, &refused)
                        : parse_yaml(model, document, &parsed->node, &refused);
    if (status == ST_OK)
        return ST_OK;
    if (status == ST_NOMEM)
        return err_nomem(err);
    parsed->node = NULL;
    return plain_gap(model, "document",
                     arena_strf(model->arena, "malformed: " STR_FMT ":%u:%u: %s",
                                STR_ARG(document->member), refused.line, refused.column,
                                refused.text),
                     "malformed", "", document->gap, &parsed->gap, err);
}

Status
model_parse(Model *model, const Document *document, DocumentFormat format, const Node **ret,
            const Gap **ret_gap, Err *err)
{
    KeptDocument *kept = document_kept(model, document->member);
    if (!kept || (unsigned)format >= DOCUMENT_FORMAT_COUNT)
        return err_set(err, ST_INTERNAL, "a document that the model does not hold");
    ParsedDocument *parsed = &kept->parsed[format];
    const BundleWatch *watch = model->watch;
    if (!parsed->tried) {
        if (watch)
            watch->begins(watch->context, 0, document->member);
        TRY(parse_now(model, document, format, parsed, err));
        if (watch)
            watch->ends(watch->context, 0);
        parsed->tried = true;
    }
    *ret = parsed->node;
    *ret_gap = parsed->gap;
    return ST_OK;
}

/* --- clocks.json and limits.json: an array of records, or a map that holds it --- */

static Status
records(Model *model, Str member, Str key, const char *evidence, Records *ret, Err *err)
{
    Documents documents;
    TRY(model_documents(model, evidence, member, &documents, err));
    Records found = {.state = documents.state, .gap = documents.gap};
    if (documents.count == 0) {
        *ret = found;
        return ST_OK;
    }
    const Document *document = documents.items[0];
    const Node *root;
    const Gap *gap = NULL;
    TRY(model_parse(model, document, DOCUMENT_JSON, &root, &gap, err));
    const Node *list = node_is(root, NODE_MAP) ? node_get(root, key) : root;
    if (!node_is(list, NODE_LIST)) {
        if (!gap)
            TRY(plain_gap(model, evidence,
                          arena_strf(model->arena, "malformed: no list in " STR_FMT,
                                     STR_ARG(member)),
                          "malformed", "", NULL, &gap, err));
        *ret = (Records){.state = EVIDENCE_UNKNOWN, .gap = gap};
        return ST_OK;
    }
    Record *items = ARENA_ARRAY(model->arena, Record, list->count);
    const char *prefix = list == root ? "" : arena_printf(model->arena, "/" STR_FMT, STR_ARG(key));
    if (!items || !prefix)
        return err_nomem(err);
    for (uint32_t i = 0; i < list->count; i++) {
        const Node *item = &list->items[i];
        Str pointer = arena_strf(model->arena, "%s/%u", prefix, i);
        if (!pointer.p)
            return err_nomem(err);
        items[i] = (Record){item, {.member = document->member, .line = item->line, .root = item,
                                   .pointer = pointer}};
    }
    found.items = items;
    found.count = list->count;
    *ret = found;
    return ST_OK;
}

Status
model_clocks(Model *model, Records *ret, Err *err)
{
    return records(model, STR("clocks.json"), STR("clocks"), "clocks", ret, err);
}

Status
model_limits(Model *model, Records *ret, Err *err)
{
    return records(model, STR("limits.json"), STR("limits"), "limits", ret, err);
}
