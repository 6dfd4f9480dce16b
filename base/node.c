/* SPDX-License-Identifier: Apache-2.0 */
/* node.c -- one tree type for JSON and YAML documents: look up and point. */
#include "base/node.h"

#include <stdio.h>
#include <string.h>

enum { NODE_MAX_DEPTH = 256 };    /* readers stop at 100 */

/* Most keys differ in their length or first byte; no call for those. */
static inline bool
same_key(Str a, Str b)
{
    return a.n == b.n &&
           (a.p == b.p || a.n == 0 || (a.p[0] == b.p[0] && memcmp(a.p, b.p, a.n) == 0));
}

const NodePair *
node_pair(const Node *node, Str key)
{
    if (!node_is(node, NODE_MAP))
        return NULL;
    for (uint32_t i = 0; i < node->count; i++)
        if (same_key(node->pairs[i].key, key))
            return &node->pairs[i];
    if (node->partial)
        node_note_absent(node, key);
    return NULL;
}

void
node_note_absent(const Node *map, Str key)
{
    if (!map->partial)
        return;
    for (const NodeKeep *field = map->keep->fields; field; field = field->next)
        if (str_eq(field->key, key))
            return;
    __atomic_store_n(map->keep->missed, true, __ATOMIC_RELAXED);
}

const Node *
node_get(const Node *node, Str key)
{
    const NodePair *pair = node_pair(node, key);
    return pair ? &pair->value : NULL;
}

const Node *
node_path(const Node *node, const char *path)
{
    Str rest = str_of(path);
    for (Str key; node && str_cut(&rest, '.', &key);)
        node = node_get(node, key);
    return node;
}

Str
node_string(const Node *node)
{
    return node_is(node, NODE_STRING) ? node->string : STR("");
}

bool
node_is(const Node *node, NodeType type)
{
    return node && node->type == type;
}

const char *
node_type_name(NodeType type)
{
    static const char *const NAMES[] = {
        [NODE_NULL] = "null",     [NODE_BOOL] = "boolean", [NODE_INT] = "integer",
        [NODE_DOUBLE] = "number", [NODE_STRING] = "string", [NODE_LIST] = "list",
        [NODE_MAP] = "map",
    };
    return (unsigned)type < sizeof NAMES / sizeof *NAMES ? NAMES[type] : "unknown";
}

static const Node *
child(const Node *node, uint32_t i)
{
    return node->type == NODE_LIST ? &node->items[i] : &node->pairs[i].value;
}

static uint32_t
child_count(const Node *node)
{
    return node->type == NODE_LIST || node->type == NODE_MAP ? node->count : 0;
}

/* Takes from *left the least that the node's JSON can be; false where it meets what was left out
 * before that is used up. */
static bool
head_is_whole(const Node *node, size_t *left, unsigned depth)
{
    if (*left == 0)
        return true;
    if (node->partial || depth > NODE_MAX_DEPTH)
        return false;
    size_t own = node->type == NODE_STRING ? node->string.n + 2 : 1;
    *left -= own < *left ? own : *left;
    for (uint32_t i = 0; i < child_count(node) && *left; i++) {
        size_t key = node->type == NODE_MAP ? node->pairs[i].key.n + 3 : 0;
        *left -= key < *left ? key : *left;
        if (!head_is_whole(child(node, i), left, depth + 1))
            return false;
    }
    return true;
}

bool
node_head_is_whole(const Node *node, size_t bytes)
{
    return head_is_whole(node, &bytes, 0);
}

/* One step on the way from the root: which child of which node. */
typedef struct {
    const Node *parent;
    uint32_t index;
} Step;

/* Walks the tree in document order until the target is the newest step; the number of
 * steps, or SIZE_MAX.  steps has NODE_MAX_DEPTH elements. */
static size_t
walk_to(const Node *root, const Node *target, Step *steps)
{
    if (root == target)
        return 0;
    size_t depth = 0;
    const Node *at = root;
    for (;;) {
        uint32_t next = 0;
        if (child_count(at) == 0 || depth == NODE_MAX_DEPTH) {
            /* Up, until there is a next sibling. */
            while (depth > 0 && steps[depth - 1].index + 1 == child_count(steps[depth - 1].parent))
                depth--;
            if (depth == 0)
                return SIZE_MAX;
            depth--;
            at = steps[depth].parent;
            next = steps[depth].index + 1;
        }
        steps[depth++] = (Step){at, next};
        at = child(at, next);
        if (at == target)
            return depth;
    }
}

static void
add_token(Buf *out, Str key)
{
    buf_addc(out, '/');
    for (size_t i = 0; i < key.n; i++) {
        if (key.p[i] == '~')
            buf_adds(out, "~0");
        else if (key.p[i] == '/')
            buf_adds(out, "~1");
        else
            buf_addc(out, key.p[i]);
    }
}

bool
node_pointer(const Node *root, const Node *target, Buf *out)
{
    Step steps[NODE_MAX_DEPTH];
    if (!root || !target)
        return false;
    size_t count = walk_to(root, target, steps);
    if (count == SIZE_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (steps[i].parent->type == NODE_LIST)
            buf_printf(out, "/%u", steps[i].index);
        else
            add_token(out, steps[i].parent->pairs[steps[i].index].key);
    }
    return true;
}

/* Whether the token, its ~0 and ~1 read as ~ and /, is the key. */
static bool
token_is(Str token, Str key)
{
    size_t at = 0;
    for (size_t i = 0; i < token.n; i++, at++) {
        char c = token.p[i];
        if (c == '~') {
            if (++i == token.n || (token.p[i] != '0' && token.p[i] != '1'))
                return false;
            c = token.p[i] == '0' ? '~' : '/';
        }
        if (at == key.n || key.p[at] != c)
            return false;
    }
    return at == key.n;
}

static const Node *
step_down(const Node *node, Str token)
{
    uint64_t index;
    if (node->type == NODE_LIST) {
        bool padded = token.n > 1 && token.p[0] == '0';
        return !padded && str_to_u64(token, &index) && index < node->count ? &node->items[index]
                                                                           : NULL;
    }
    for (uint32_t i = 0; node->type == NODE_MAP && i < node->count; i++)
        if (token_is(token, node->pairs[i].key))
            return &node->pairs[i].value;
    return NULL;
}

const Node *
node_at_pointer(const Node *root, Str pointer)
{
    if (pointer.n == 0)
        return root;
    if (pointer.p[0] != '/')
        return NULL;
    Str rest = str_from(pointer, 1);
    for (Str token; root && str_cut(&rest, '/', &token);)
        root = step_down(root, token);
    return root;
}
