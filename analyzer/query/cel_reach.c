/* SPDX-License-Identifier: Apache-2.0 */
/* cel_reach.c -- walks an expression with places in objects instead of values. */
#include "analyzer/query/cel_reach.h"

#include "analyzer/query/cel_ast.h"

typedef struct {
    const CelReach *spec;
    Reach *locals;              /* by slot */
    bool out_of_memory;
} Walker;

static const Reach NOWHERE;

/* Recurses along the tree, whose depth is limited. */
static Reach walk(Walker *w, const CelNode *node);

void
reach_keep_whole(Reach reach)
{
    for (size_t i = 0; i < reach.count; i++)
        reach.places[i]->whole = true;
}

Reach
reach_join(Reach a, Reach b)
{
    for (size_t i = 0; i < b.count; i++) {
        bool known = false;
        for (size_t k = 0; k < a.count && !known; k++)
            known = a.places[k] == b.places[i];
        if (known)
            continue;
        if (a.count < REACH_MOST)
            a.places[a.count++] = b.places[i];
        else
            b.places[i]->whole = true;
    }
    return a;
}

/* Maps with keys of their own, which rules may go through as well as look into. */
static bool
is_free_map(Str name)
{
    static const char *const NAMES[] = {"annotations", "data", "labels", "matchLabels",
                                        "nodeSelector", "selector"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (str_is(name, NAMES[i]))
            return true;
    return false;
}

static Reach
field_of(Walker *w, Reach of, Str name)
{
    for (size_t i = 0; i < of.count; i++) {
        NodeKeep *field = json_keep_field(w->spec->arena, of.places[i], name);
        w->out_of_memory |= !field;
        if (field)
            of.places[i] = field;
        if (field && is_free_map(name))
            field->whole = true;
    }
    return of;
}

/* Whoever has the value of the node from here on may look at all of it. */
static Reach
hand_on(Walker *w, const CelNode *node)
{
    Reach reach = walk(w, node);
    reach_keep_whole(reach);
    return reach;
}

static Reach
hand_on_all(Walker *w, const CelNode *node)
{
    for (size_t i = 0; i < node->count; i++)
        if (node->args[i])
            (void)hand_on(w, node->args[i]);
    return NOWHERE;
}

static Reach
walk_all(Walker *w, const CelNode *node)
{
    for (size_t i = 0; i < node->count; i++)
        if (node->args[i])
            (void)walk(w, node->args[i]);
    return NOWHERE;
}

static Reach
join_all(Walker *w, const CelNode *node, size_t from)
{
    Reach joined = NOWHERE;
    for (size_t i = from; i < node->count; i++)
        joined = reach_join(joined, walk(w, node->args[i]));
    return joined;
}

/* A key that is computed may be of a map, any of whose fields it then reaches. */
static Reach
walk_index(Walker *w, const CelNode *node)
{
    const CelNode *key = node->args[1];
    Reach of = walk(w, node->args[0]);
    (void)hand_on(w, key);
    if (key->kind == CEL_CONST && key->constant.type == VALUE_STRING)
        return field_of(w, of, key->constant.string);
    if (key->kind != CEL_CONST || key->constant.type != VALUE_INT)
        reach_keep_whole(of);
    return of;
}

/* A variable, or the fields of one: a.b.c may be the variable a.b. */
static Reach
walk_variable(Walker *w, const CelNode *node)
{
    if (!node->readings)
        return w->spec->reach_of(w->spec->context, node->name);
    for (size_t i = 0; i < node->reading_count; i++)
        reach_keep_whole(w->spec->reach_of(w->spec->context, node->readings[i].variable));
    return NOWHERE;
}

/* What is compared with a scalar or with nothing differs from it whatever it holds. */
static bool
is_plain(const CelNode *node)
{
    return node->kind == CEL_CONST || (node->kind == CEL_LIST && node->count == 0);
}

static Reach
walk_operator(Walker *w, const CelNode *node)
{
    bool is_equality = node->op == OP_EQUAL || node->op == OP_UNEQUAL;
    if (node->op == OP_ADD)
        return join_all(w, node, 0);
    if (node->op == OP_NOT ||
        (is_equality && (is_plain(node->args[0]) || is_plain(node->args[1]))))
        return walk_all(w, node);
    return hand_on_all(w, node);
}

/* Functions whose result is their first argument or a part of it, or one of all; and those that
 * look at no field. */
typedef enum { GIVES_FIRST, GIVES_ANY, GIVES_NOTHING } Gives;
static const struct {
    const char *name;
    Gives gives;
} FUNCTIONS[] = {
    {"distinct", GIVES_FIRST},  {"dyn", GIVES_FIRST},        {"first", GIVES_FIRST},
    {"flatten", GIVES_FIRST},   {"hasValue", GIVES_NOTHING}, {"isKnown", GIVES_NOTHING},
    {"last", GIVES_FIRST},      {"optional.of", GIVES_FIRST}, {"or", GIVES_ANY},
    {"orValue", GIVES_ANY},     {"reverse", GIVES_FIRST},    {"size", GIVES_NOTHING},
    {"slice", GIVES_FIRST},     {"type", GIVES_NOTHING},     {"value", GIVES_FIRST},
};

/* Functions of a pod or workload and a container's name. */
static const struct {
    const char *name;
    const char *fields[3];      /* that they read of the container */
} CONTAINER_FUNCTIONS[] = {
    {"k8s.env", {"name", "env", "envFrom"}},
    {"k8s.image", {"name", "image", NULL}},
};

static void
keep_containers(Walker *w, Reach spec, const char *const *fields)
{
    static const char *const LISTS[] = {"containers", "initContainers", "ephemeralContainers"};
    for (size_t l = 0; l < sizeof LISTS / sizeof *LISTS; l++) {
        Reach list = field_of(w, spec, str_of(LISTS[l]));
        for (size_t i = 0; i < 3 && fields[i]; i++)
            reach_keep_whole(field_of(w, list, str_of(fields[i])));
    }
}

static bool
walk_container_call(Walker *w, const CelNode *node)
{
    static const char *const TO_TEMPLATE[] = {"jobTemplate", "template"};
    for (size_t i = 0; i < sizeof CONTAINER_FUNCTIONS / sizeof *CONTAINER_FUNCTIONS; i++) {
        if (!str_is(node->name, CONTAINER_FUNCTIONS[i].name) || node->count != 2)
            continue;
        Reach object = walk(w, node->args[0]);
        if (w->spec->exact)     /* they look at other objects of its namespace */
            reach_keep_whole(object);
        Reach spec = field_of(w, object, STR("spec"));
        (void)hand_on(w, node->args[1]);
        keep_containers(w, spec, CONTAINER_FUNCTIONS[i].fields);
        for (size_t k = 0; k < 2; k++)
            reach_keep_whole(field_of(w, spec, str_of(TO_TEMPLATE[k])));
        return true;
    }
    return false;
}

static Reach
walk_call(Walker *w, const CelNode *node)
{
    if (walk_container_call(w, node))
        return NOWHERE;
    for (size_t i = 0; i < sizeof FUNCTIONS / sizeof *FUNCTIONS && node->count; i++) {
        if (!str_is(node->name, FUNCTIONS[i].name))
            continue;
        if (FUNCTIONS[i].gives == GIVES_NOTHING)
            return walk_all(w, node);
        if (FUNCTIONS[i].gives == GIVES_ANY)
            return join_all(w, node, 0);
        Reach first = walk(w, node->args[0]);
        for (size_t k = 1; k < node->count; k++)
            (void)hand_on(w, node->args[k]);
        /* It compares them. */
        if (str_is(node->name, "distinct"))
            reach_keep_whole(first);
        return first;
    }
    return hand_on_all(w, node);
}

static Reach
walk_loop(Walker *w, const CelNode *node)
{
    Reach range = walk(w, node->args[0]);
    Reach inner = NOWHERE;
    w->locals[node->slot] = node->two_variables ? NOWHERE : range;
    if (node->two_variables) {
        reach_keep_whole(range);        /* it may be a map, with any keys */
        w->locals[node->slot2] = range;
    }
    for (size_t i = 1; i < node->count; i++)
        if (node->args[i])
            inner = walk(w, node->args[i]);
    if (node->op == OP_MAP)
        return inner;
    if (node->op == OP_SORT_BY || node->op == OP_TRANSFORM_MAP || node->op == OP_TRANSFORM_ENTRY)
        reach_keep_whole(inner);
    return node->op == OP_FILTER || node->op == OP_SORT_BY ? range : NOWHERE;
}

static Reach
walk_binding(Walker *w, const CelNode *node)
{
    w->locals[node->slot] = walk(w, node->args[0]);
    return walk(w, node->args[1]);
}

static Reach
walk(Walker *w, const CelNode *node)
{
    switch ((CelKind)node->kind) {
    case CEL_CONST:
    case CEL_NAME:
        return NOWHERE;
    case CEL_VARIABLE:
        return walk_variable(w, node);
    case CEL_LOCAL:
        return w->locals[node->slot];
    case CEL_SELECT:
        return field_of(w, walk(w, node->args[0]), node->name);
    case CEL_HAS:
        (void)field_of(w, walk(w, node->args[0]), node->name);
        return NOWHERE;
    case CEL_INDEX:
        return walk_index(w, node);
    case CEL_CALL:
        return walk_call(w, node);
    case CEL_OPERATOR:
        return walk_operator(w, node);
    case CEL_AND:
    case CEL_OR:
        return walk_all(w, node);
    case CEL_IF:
        (void)walk(w, node->args[0]);
        return join_all(w, node, 1);
    case CEL_LIST:
        return join_all(w, node, 0);
    case CEL_MAP:
        return hand_on_all(w, node);
    case CEL_LOOP:
        return walk_loop(w, node);
    case CEL_BIND:
    case CEL_OPT_MAP:
        return walk_binding(w, node);
    }
    return NOWHERE;
}

static Reach
nowhere(void *context, Str name)
{
    (void)context;
    (void)name;
    return NOWHERE;
}

/* NULL for a tree that tells nothing apart, or everything. */
static const NodeKeep *
telling(const NodeKeep *tree)
{
    return tree->whole || !tree->fields ? NULL : tree;
}

Status
cel_reach_loop(Arena *arena, const CelNode *loop, size_t slot_count, const NodeKeep **ret, Err *err)
{
    CelReach spec = {.arena = arena, .exact = true, .reach_of = nowhere};
    Walker w = {.spec = &spec, .locals = ARENA_ARRAY(arena, Reach, slot_count + 1)};
    NodeKeep *tree = ARENA_NEW(arena, NodeKeep);
    if (!w.locals || !tree)
        return err_nomem(err);
    w.locals[loop->slot] = (Reach){.places = {tree}, .count = 1};
    (void)walk(&w, loop->args[1]);
    *ret = telling(tree);
    return w.out_of_memory ? err_nomem(err) : ST_OK;
}

typedef struct {
    const char *name;
    Reach reach;
} OneVariable;

static Reach
reach_of_one(void *context, Str name)
{
    const OneVariable *one = context;
    return str_is(name, one->name) ? one->reach : NOWHERE;
}

Status
cel_reach_variable(const CelProgram *program, const char *name, Arena *arena, const NodeKeep **ret,
                   Err *err)
{
    NodeKeep *tree = ARENA_NEW(arena, NodeKeep);
    if (!tree)
        return err_nomem(err);
    OneVariable one = {name, {.places = {tree}, .count = 1}};
    CelReach spec = {.arena = arena, .exact = true, .reach_of = reach_of_one, .context = &one};
    Reach reach;
    TRY(cel_reach(program, &spec, &reach, err));
    *ret = telling(tree);
    return ST_OK;
}

Status
cel_reach(const CelProgram *program, const CelReach *spec, Reach *ret, Err *err)
{
    Walker w = {.spec = spec};
    w.locals = ARENA_ARRAY(spec->arena, Reach, program->slot_count + 1);
    if (!w.locals)
        return err_nomem(err);
    *ret = walk(&w, program->root);
    return w.out_of_memory ? err_nomem(err) : ST_OK;
}
