/* SPDX-License-Identifier: Apache-2.0 */
/* yaml.c -- YAML text to Node trees: libyaml's events, behind guards.
 *
 * libyaml's cost is quadratic in nesting depth and in the number of %TAG lines, so depth is
 * checked at every event and directives before libyaml sees them.  The tree is built on one
 * stack of pairs; a list or map that ends moves its children from there into the arena. */
#include "base/yaml.h"

#include "base/limits.h"
#include "base/map.h"
#include "base/utf8.h"
#include "base/yaml_scalar.h"

#include <stdio.h>
#include <yaml.h>

enum { SMALL_MAP_KEYS = 16 };    /* up to here duplicates are looked for one by one */

/* A list or map that has begun and not ended. */
typedef struct {
    Node node;              /* type and position */
    size_t first_child;     /* on the stack */
    bool has_key;           /* a map whose newest pair waits for its value */
    Map *keys;              /* of a large map, else NULL */
    ArenaMark mark;         /* of the keys' arena, where keys is set */
} Open;

typedef struct {
    Arena *arena;
    Arena *stack_arena;
    Arena *keys_arena;
    Str text;
    const char *file;
    const YamlDuplicates *duplicates;
    uint64_t max_documents;
    uint64_t event_count;
    uint32_t last_line;     /* where the newest scalar or flow end stands */
    VEC(NodePair) stack;
    VEC(Open) open;
    VEC(const Node *) documents;
} Reader;

static void
cleanup_parser(yaml_parser_t *parser)
{
    yaml_parser_delete(parser);
}

static void
cleanup_event(yaml_event_t *event)
{
    yaml_event_delete(event);
}

static uint32_t
line_of(const yaml_mark_t *mark)
{
    return mark->line < UINT32_MAX ? (uint32_t)mark->line + 1 : UINT32_MAX;
}

static uint16_t
column_of(const yaml_mark_t *mark)
{
    return mark->column < UINT16_MAX ? (uint16_t)(mark->column + 1) : UINT16_MAX;
}

/* Error at a mark. */
#define FAIL_AT(reader, mark, status, ...) \
    err_at(err, (status), (reader)->file, line_of(mark), column_of(mark), __VA_ARGS__)

/* Error at a byte of the text. */
static Status
fail_at_byte(const Reader *reader, size_t at, const char *what, Err *err)
{
    unsigned line = 1;
    size_t start = 0;
    for (size_t i = 0; i < at; i++) {
        if (reader->text.p[i] == '\n') {
            line++;
            start = i + 1;
        }
    }
    size_t column = utf8_count(str_sub(reader->text, start, at - start)) + 1;
    return err_at(err, ST_FORMAT, reader->file, line, (unsigned)column, "%s", what);
}

/* Whether libyaml sees the begin of a line behind this text: it takes more for breaks than
 * YAML 1.2 does. */
static bool
begins_line(Str before)
{
    static const char *const BREAKS[] = {"\n", "\r", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9"};
    for (size_t i = 0; i < sizeof BREAKS / sizeof *BREAKS; i++)
        if (str_ends(before, str_of(BREAKS[i])))
            return true;
    return before.n == 0;
}

/* What must not reach libyaml. */
static Status
check_text(const Reader *reader, Err *err)
{
    size_t bad;
    if (!utf8_valid(reader->text, &bad))
        return fail_at_byte(reader, bad, "invalid UTF-8", err);
    for (size_t at = 0; at < reader->text.n; at++) {
        Str rest = str_from(reader->text, at);
        size_t skip;
        if (!str_find_char(rest, '%', &skip))
            break;
        at += skip;
        if (begins_line(str_head(reader->text, at)) &&
            !str_starts(str_from(reader->text, at), STR("%YAML 1.")))
            return fail_at_byte(reader, at, "a line must not begin with '%'; of the directives "
                                            "only %YAML 1.x is supported", err);
    }
    return ST_OK;
}

static Status
fail_in_parser(const Reader *reader, const yaml_parser_t *parser, Err *err)
{
    const char *problem = parser->problem ? parser->problem : "malformed YAML";
    size_t at;
    if (parser->error == YAML_MEMORY_ERROR)
        return err_nomem(err);
    if (parser->error == YAML_READER_ERROR && parser->problem_offset <= reader->text.n)
        return fail_at_byte(reader, parser->problem_offset, problem, err);
    const yaml_mark_t *mark = &parser->problem_mark;
    if (utf8_offset(reader->text, mark->index, &at) && at < reader->text.n &&
        reader->text.p[at] == '\t')
        return FAIL_AT(reader, mark, ST_FORMAT, "a tab cannot indent YAML; use spaces");
    if (!parser->context)
        return FAIL_AT(reader, mark, ST_FORMAT, "%s", problem);
    return FAIL_AT(reader, mark, ST_FORMAT, "%s %s, which begins at line %zu", problem,
                   parser->context, parser->context_mark.line + 1);
}

/* A caller who asked for it hears of every duplicate and keeps the first. */
static Status
refuse_duplicate(const Reader *reader, Str key, unsigned first_line, const yaml_mark_t *mark,
                 Err *err)
{
    if (!reader->duplicates)
        return FAIL_AT(reader, mark, ST_FORMAT, "key '" STR_FMT "' is there already, at line %u",
                       STR_ARG(str_head(key, 100)), first_line);
    char text[200];
    (void)snprintf(text, sizeof text, "key '" STR_FMT "' is there already, at line %u",
                   STR_ARG(str_head(key, 100)), first_line);
    reader->duplicates->report(reader->duplicates->context, line_of(mark), column_of(mark), text);
    return ST_OK;
}

/* Refuses a key that its map has already. */
static Status
check_duplicate(Reader *reader, Open *map, Str key, const yaml_mark_t *mark, Err *err)
{
    size_t count = reader->stack.count - map->first_child;
    const NodePair *pairs = count ? reader->stack.items + map->first_child : NULL;
    size_t twin = SIZE_MAX;
    if (map->keys) {
        void **slot = map_slot(map->keys, key);
        if (!slot)
            return err_nomem(err);
        if (*slot)
            twin = (size_t)(uintptr_t)*slot - 1;
        *slot = (void *)(uintptr_t)(count + 1);
    } else {
        for (size_t i = 0; i < count && twin == SIZE_MAX; i++)
            if (str_eq(pairs[i].key, key))
                twin = i;
    }
    if (twin == SIZE_MAX)
        return ST_OK;
    return refuse_duplicate(reader, key, pairs[twin].line, mark, err);
}

/* Lets a map that has become large find its keys by hash. */
static Status
index_keys(Reader *reader, Open *map, Err *err)
{
    map->mark = arena_mark(reader->keys_arena);
    map->keys = ARENA_NEW(reader->keys_arena, Map);
    if (!map->keys)
        return err_nomem(err);
    map_init(map->keys, reader->keys_arena);
    for (size_t i = map->first_child; i < reader->stack.count; i++)
        if (!map_put(map->keys, reader->stack.items[i].key,
                     (void *)(uintptr_t)(i - map->first_child + 1)))
            return err_nomem(err);
    return ST_OK;
}

static Status
add_key(Reader *reader, Open *map, const yaml_event_t *event, Err *err)
{
    const yaml_mark_t *mark = &event->start_mark;
    if (event->type != YAML_SCALAR_EVENT)
        return FAIL_AT(reader, mark, ST_FORMAT, "a key must be a scalar");
    Str text = {(const char *)event->data.scalar.value, event->data.scalar.length};
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    Node typed;
    if (event->data.scalar.tag &&
        yaml_scalar(text, plain, (const char *)event->data.scalar.tag, &typed) != YAML_SCALAR_OK)
        return FAIL_AT(reader, mark, ST_FORMAT, "tag '%s' is not supported",
                       event->data.scalar.tag);
    if (plain && text.n == 0)
        return FAIL_AT(reader, mark, ST_FORMAT, "a key is missing");
    if (plain && str_is(text, "<<"))
        return FAIL_AT(reader, mark, ST_FORMAT, "merge keys are not supported");
    Str key = arena_str(reader->arena, text);
    if (!key.p)
        return err_nomem(err);
    if (!map->keys && reader->stack.count - map->first_child == SMALL_MAP_KEYS)
        TRY(index_keys(reader, map, err));
    TRY(check_duplicate(reader, map, key, mark, err));
    NodePair *pair = VEC_PUSH(reader->stack_arena, &reader->stack);
    if (!pair)
        return err_nomem(err);
    pair->key = key;
    pair->line = line_of(mark);
    pair->column = column_of(mark);
    map->has_key = true;
    reader->last_line = pair->line;
    return ST_OK;
}

/* Puts a whole value where it belongs: into the document, the list, or under the key. */
static Status
add_value(Reader *reader, const Node *value, Err *err)
{
    if (reader->open.count == 0) {
        Node *root = ARENA_NEW(reader->arena, Node);
        const Node **document = VEC_PUSH(reader->stack_arena, &reader->documents);
        if (!root || !document)
            return err_nomem(err);
        *root = *value;
        *document = root;
        return ST_OK;
    }
    Open *parent = &reader->open.items[reader->open.count - 1];
    if (parent->node.type == NODE_MAP) {
        reader->stack.items[reader->stack.count - 1].value = *value;
        parent->has_key = false;
        return ST_OK;
    }
    NodePair *item = VEC_PUSH(reader->stack_arena, &reader->stack);
    if (!item)
        return err_nomem(err);
    item->value = *value;
    return ST_OK;
}

/* The last line of a scalar: a block scalar ends where the next line begins. */
static uint32_t
end_line_of(const yaml_event_t *event)
{
    const yaml_mark_t *end = &event->end_mark;
    bool begins = end->column == 0 && end->line > event->start_mark.line;
    return begins ? line_of(end) - 1 : line_of(end);
}

static Status
add_scalar(Reader *reader, const yaml_event_t *event, Err *err)
{
    const yaml_mark_t *mark = &event->start_mark;
    const char *tag = (const char *)event->data.scalar.tag;
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    Str text = {(const char *)event->data.scalar.value, event->data.scalar.length};
    Node node = {.plain = plain && !tag, .line = line_of(mark), .column = column_of(mark)};
    switch (yaml_scalar(text, plain, tag, &node)) {
    case YAML_SCALAR_OK:
        break;
    case YAML_SCALAR_RANGE:
        return FAIL_AT(reader, mark, ST_FORMAT, "number '" STR_FMT "' is out of range",
                       STR_ARG(str_head(text, 40)));
    case YAML_SCALAR_TAG:
        return FAIL_AT(reader, mark, ST_FORMAT, "tag '%s' is not supported", tag);
    case YAML_SCALAR_VALUE:
        return FAIL_AT(reader, mark, ST_FORMAT, "'" STR_FMT "' is not what its tag '%s' says",
                       STR_ARG(str_head(text, 40)), tag);
    }
    if (node.type == NODE_STRING) {
        node.string = arena_str(reader->arena, text);
        if (!node.string.p)
            return err_nomem(err);
    }
    reader->last_line = end_line_of(event);
    return add_value(reader, &node, err);
}

static Status
begin_container(Reader *reader, const yaml_event_t *event, NodeType type, Err *err)
{
    const yaml_mark_t *mark = &event->start_mark;
    const yaml_char_t *tag = type == NODE_LIST ? event->data.sequence_start.tag
                                               : event->data.mapping_start.tag;
    if (!yaml_container_tag((const char *)tag, type))
        return FAIL_AT(reader, mark, ST_FORMAT, "tag '%s' is not supported", tag);
    if (reader->open.count >= LIMIT_YAML_DEPTH)
        return FAIL_AT(reader, mark, ST_LIMIT, "nested deeper than %llu",
                       (unsigned long long)LIMIT_YAML_DEPTH);
    Open *open = VEC_PUSH(reader->stack_arena, &reader->open);
    if (!open)
        return err_nomem(err);
    open->node = (Node){.type = (uint8_t)type, .line = line_of(mark), .column = column_of(mark)};
    open->first_child = reader->stack.count;
    return ST_OK;
}

static Status
end_container(Reader *reader, const yaml_event_t *event, Err *err)
{
    Open *open = &reader->open.items[reader->open.count - 1];
    /* An empty container that is the first thing of all finds no stack yet. */
    const NodePair *children =
        reader->stack.items ? reader->stack.items + open->first_child : NULL;
    Node node = open->node;
    /* A block ends without a character of its own, a flow with its bracket. */
    if (event->end_mark.index > event->start_mark.index)
        reader->last_line = line_of(&event->end_mark);
    node.end_line = reader->last_line;
    node.count = (uint32_t)(reader->stack.count - open->first_child);
    if (node.type == NODE_MAP) {
        NodePair *pairs = ARENA_ARRAY(reader->arena, NodePair, node.count);
        if (!pairs)
            return err_nomem(err);
        for (uint32_t i = 0; i < node.count; i++)
            pairs[i] = children[i];
        node.pairs = pairs;
    } else {
        Node *items = ARENA_ARRAY(reader->arena, Node, node.count);
        if (!items)
            return err_nomem(err);
        for (uint32_t i = 0; i < node.count; i++)
            items[i] = children[i].value;
        node.items = items;
    }
    if (open->keys)
        arena_reset_to(reader->keys_arena, open->mark);
    reader->stack.count = open->first_child;
    reader->open.count--;
    return add_value(reader, &node, err);
}

static const yaml_char_t *
anchor_of(const yaml_event_t *event)
{
    if (event->type == YAML_SCALAR_EVENT)
        return event->data.scalar.anchor;
    if (event->type == YAML_SEQUENCE_START_EVENT)
        return event->data.sequence_start.anchor;
    return event->type == YAML_MAPPING_START_EVENT ? event->data.mapping_start.anchor : NULL;
}

static Status
begin_document(Reader *reader, const yaml_event_t *event, Err *err)
{
    if (reader->documents.count < reader->max_documents)
        return ST_OK;
    if (reader->max_documents == 1)
        return FAIL_AT(reader, &event->start_mark, ST_FORMAT, "a second document begins here");
    return FAIL_AT(reader, &event->start_mark, ST_LIMIT, "more than %llu documents",
                   (unsigned long long)reader->max_documents);
}

static Status
take_event(Reader *reader, const yaml_event_t *event, Err *err)
{
    const yaml_mark_t *mark = &event->start_mark;
    if (anchor_of(event))
        return FAIL_AT(reader, mark, ST_FORMAT, "anchors are not supported");
    if (++reader->event_count > LIMIT_YAML_EVENT_COUNT)
        return FAIL_AT(reader, mark, ST_LIMIT, "more than %llu keys and values",
                       (unsigned long long)LIMIT_YAML_EVENT_COUNT);
    bool begins = event->type == YAML_SCALAR_EVENT || event->type == YAML_SEQUENCE_START_EVENT ||
                  event->type == YAML_MAPPING_START_EVENT;
    if (begins && reader->open.count > 0) {
        Open *parent = &reader->open.items[reader->open.count - 1];
        if (parent->node.type == NODE_MAP && !parent->has_key)
            return add_key(reader, parent, event, err);
    }
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return add_scalar(reader, event, err);
    case YAML_SEQUENCE_START_EVENT:
        return begin_container(reader, event, NODE_LIST, err);
    case YAML_MAPPING_START_EVENT:
        return begin_container(reader, event, NODE_MAP, err);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return end_container(reader, event, err);
    case YAML_DOCUMENT_START_EVENT:
        return begin_document(reader, event, err);
    case YAML_ALIAS_EVENT:
        return FAIL_AT(reader, mark, ST_FORMAT, "aliases are not supported");
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
    return ST_OK;
}

static Status
read_events(Reader *reader, Err *err)
{
    CLEANUP(cleanup_parser) yaml_parser_t parser = {0};
    if (!yaml_parser_initialize(&parser))
        return err_nomem(err);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)reader->text.p, reader->text.n);
    for (bool more = true; more;) {
        CLEANUP(cleanup_event) yaml_event_t event = {0};
        if (!yaml_parser_parse(&parser, &event))
            return fail_in_parser(reader, &parser, err);
        TRY(take_event(reader, &event, err));
        more = event.type != YAML_STREAM_END_EVENT;
    }
    return ST_OK;
}

static Status
parse(Arena *arena, Str text, const char *file, uint64_t max_documents,
      const YamlDuplicates *duplicates, YamlStream *ret, Err *err)
{
    CLEANUP(cleanup_arena) Arena *stack_arena = arena_new(SIZE_MAX);
    CLEANUP(cleanup_arena) Arena *keys_arena = arena_new(SIZE_MAX);
    if (!stack_arena || !keys_arena)
        return err_nomem(err);
    if (text.n > LIMIT_YAML_BYTES)
        return err_at(err, ST_LIMIT, file, 0, 0, "more than %llu bytes of YAML",
                      (unsigned long long)LIMIT_YAML_BYTES);
    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = str_from(text, 3);
    if (!text.p)
        text = STR("");
    Reader reader = {
        .arena = arena, .stack_arena = stack_arena, .keys_arena = keys_arena,
        .text = text, .file = file, .duplicates = duplicates, .max_documents = max_documents,
    };
    TRY(check_text(&reader, err));
    TRY(read_events(&reader, err));
    const Node **documents = ARENA_ARRAY(arena, const Node *, reader.documents.count);
    if (!documents)
        return err_nomem(err);
    for (size_t i = 0; i < reader.documents.count; i++)
        documents[i] = reader.documents.items[i];
    *ret = (YamlStream){documents, reader.documents.count};
    return ST_OK;
}

Status
yaml_parse(Arena *arena, Str text, const char *file, YamlStream *ret, Err *err)
{
    return parse(arena, text, file, LIMIT_YAML_DOCUMENT_COUNT, NULL, ret, err);
}

static Status
parse_one(Arena *arena, Str text, const char *file, const YamlDuplicates *duplicates,
          const Node **ret, Err *err)
{
    YamlStream stream;
    TRY(parse(arena, text, file, 1, duplicates, &stream, err));
    if (stream.count == 0)
        return err_at(err, ST_FORMAT, file, 1, 1, "there is no document");
    *ret = stream.documents[0];
    return ST_OK;
}

Status
yaml_parse_one(Arena *arena, Str text, const char *file, const Node **ret, Err *err)
{
    return parse_one(arena, text, file, NULL, ret, err);
}

Status
yaml_parse_noting(Arena *arena, Str text, const char *file, const YamlDuplicates *duplicates,
                  const Node **ret, Err *err)
{
    return parse_one(arena, text, file, duplicates, ret, err);
}
