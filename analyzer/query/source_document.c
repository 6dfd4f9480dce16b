/* SPDX-License-Identifier: Apache-2.0 */
/* source_document.c -- document: members by glob, as trees, text or lines. */
#include "analyzer/query/source_private.h"

#include "base/utf8.h"

#include <string.h>

typedef enum {
    BODY_BY_NAME,
    BODY_JSON,
    BODY_YAML,
    BODY_TEXT,
    BODY_LINES,
} BodyFormat;

static const char *const FORMATS[] = {
    [BODY_BY_NAME] = "", [BODY_JSON] = "json", [BODY_YAML] = "yaml",
    [BODY_TEXT] = "text", [BODY_LINES] = "lines", NULL,
};

typedef struct {
    Str path;
    BodyFormat format;
} DocumentSource;

static const char *const *
format_words(void)
{
    return FORMATS + 1;
}

static Status
compile(SourceReader *reader)
{
    DocumentSource *document = ARENA_NEW(reader->arena, DocumentSource);
    if (!document)
        return err_nomem(reader->err);
    StrList format;
    TRY(reader_string(reader, "path", &document->path));
    TRY(reader_strings(reader, "format", &format));
    if (!node_get(reader->spec, STR("path")))
        reader_error(reader, reader->spec, 0, "source document needs 'path'");
    else if (str_starts(document->path, STR("/")))
        reader_error(reader, node_get(reader->spec, STR("path")), 0,
                     "'path' is below the top folder and does not begin with '/'");
    reader_check_words(reader, "format", &format, format_words(), "format");
    for (BodyFormat i = BODY_JSON; format.count && i <= BODY_LINES; i++)
        if (str_is(format.items[0], FORMATS[i]))
            document->format = i;
    reader->source->data = document;
    return ST_OK;
}

static Status
needs(const Source *source, Arena *arena, NeedList *list, Err *err)
{
    return need_add(arena, list, "document:", ((const DocumentSource *)source->data)->path, err);
}

static Status
demand(const Source *source, Demand *demand, Err *err)
{
    return demand_documents(demand, ((const DocumentSource *)source->data)->path, err);
}

static BodyFormat
format_by_name(Str member)
{
    switch (member_name_format(member)) {
    case MEMBER_FORMAT_JSON:
    case MEMBER_FORMAT_LIST:
        return BODY_JSON;
    case MEMBER_FORMAT_YAML:
        return BODY_YAML;
    case MEMBER_FORMAT_LOG:
    case MEMBER_FORMAT_NDJSON:
        return BODY_LINES;
    case MEMBER_FORMAT_METRICS:
    case MEMBER_FORMAT_TEXT:
    case MEMBER_FORMAT_SUFFIX:
        return BODY_TEXT;
    }
    return BODY_TEXT;
}

/* As valid UTF-8; p NULL when out of memory. */
static Str
clean_text(Arena *arena, Str text)
{
    if (utf8_valid(text, NULL))
        return text;
    CLEANUP(buf_done) Buf clean = BUF_INIT(text.n * 3 + 1);
    utf8_sanitise(&clean, text);
    return clean.failed ? (Str){NULL, 0} : arena_str(arena, buf_str(&clean));
}

static Value
lines_of(const SourceEval *eval, const Document *document, Str text)
{
    ListMaker maker = list_maker(eval);
    uint32_t number = 1;
    Str rest = text;
    for (Str line; str_cut(&rest, '\n', &line); number++) {
        if (!rest.p && line.n == 0)
            break;      /* behind the last newline */
        if (str_ends(line, STR("\r")))
            line = str_head(line, line.n - 1);
        Origin origin = {.member = document->member, .line = number, .excerpt = line};
        Value value = value_string(line);
        value.origin = keep_origin(eval->arena, &origin);
        if (!value.origin)
            list_fail(&maker, value_nomem());
        list_add(&maker, value);
    }
    list_add_gap(&maker, document->gap);
    return list_end(&maker, false);
}

static Value
tree_of(const SourceEval *eval, const Document *document, DocumentFormat format,
        const Origin *origin)
{
    const Node *node;
    const Gap *gap = NULL;
    Err err = {0};
    CLEANUP(model_leave) Model *held = model_hold(eval->model);
    if (model_parse(held, document, format, &node, &gap, &err) != ST_OK)
        return value_error(eval->arena, "%s", err.text);
    if (!node)
        return value_unknown(gap);
    /* What is cut and parses all the same is not what the document said. */
    if (document->gap)
        return value_unknown(document->gap);
    Origin *rooted = ARENA_NEW(eval->arena, Origin);
    if (!rooted)
        return value_nomem();
    *rooted = *origin;
    rooted->root = node;
    return value_of_node(node, rooted);
}

static Value
body_of(const SourceEval *eval, const Document *document, BodyFormat format, const Origin *origin)
{
    if (format == BODY_BY_NAME)
        format = format_by_name(document->member);
    if (format == BODY_JSON || format == BODY_YAML)
        return tree_of(eval, document, format == BODY_JSON ? DOCUMENT_JSON : DOCUMENT_YAML,
                       origin);
    Str text = clean_text(eval->arena, document->text);
    if (!text.p)
        return value_nomem();
    if (format == BODY_LINES)
        return lines_of(eval, document, text);
    if (document->gap)
        return value_unknown(document->gap);
    Value value = value_string(text);
    value.origin = origin;
    return value;
}

static Value
element_of(const SourceEval *eval, const Document *document, BodyFormat format)
{
    Origin place = {.member = document->member, .line = 1,
                    .excerpt = str_head(document->text, 200)};
    const Origin *origin = keep_origin(eval->arena, &place);
    if (!origin)
        return value_nomem();
    ValueField fields[] = {
        {"member", value_string(document->member)},
        {"namespace", value_string(document->name.namespace)},
        {"pod", value_string(document->name.pod)},
        {"body", body_of(eval, document, format, origin)},
    };
    return value_record(eval->arena, fields, sizeof fields / sizeof *fields, origin);
}

static Value
eval_document(const Source *source, const SourceEval *eval)
{
    const DocumentSource *wanted = source->data;
    const char *evidence = arena_printf(eval->arena, "document:" STR_FMT, STR_ARG(wanted->path));
    Documents documents;
    Err err = {0};
    if (!evidence)
        return value_nomem();
    CLEANUP(model_leave) Model *held = model_hold(eval->model);
    if (model_documents(held, evidence, wanted->path, &documents, &err) != ST_OK)
        return value_error(eval->arena, "%s", err.text);
    ListMaker maker = list_maker(eval);
    for (size_t i = 0; i < documents.count; i++)
        list_add(&maker, element_of(eval, documents.items[i], wanted->format));
    /* A document that was cut is there; its body says what is missing of it. */
    if (str_is_glob(wanted->path) || documents.count == 0)
        list_add_gap(&maker, documents.gap);
    return list_end(&maker, documents.state == EVIDENCE_UNKNOWN);
}

static void
subject(const Source *source, Value element, size_t index, Buf *out)
{
    static const char *const FIELDS[] = {"namespace", "pod", NULL};
    static const char *const MEMBER[] = {"member", NULL};
    (void)source;
    (void)index;
    size_t before = out->n;
    subject_of_fields(element, FIELDS, out);
    if (out->n == before)
        subject_of_fields(element, MEMBER, out);
}

static const SourceKey KEYS[] = {
    {.name = "path", .type = SOURCE_TEXT, .required = true},
    {.name = "format", .type = SOURCE_WORDS, .words = format_words},
    {0},
};

const SourceType SOURCE_TYPE_document = {
    .doc = {"document", "members by a glob below the top folder: a list of {member, namespace, pod, body}",
            KEYS},
    .compile = compile,
    .needs = needs,
    .demand = demand,
    .eval = eval_document,
    .subject = subject,
};
