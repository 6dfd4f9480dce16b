/* SPDX-License-Identifier: Apache-2.0 */
/* node.h -- one tree type for JSON and YAML documents, with line numbers.
 *
 * Nodes are immutable once built and live in an arena; strings are views into the arena or
 * into the text that was parsed, which must live as long.  Keys keep their order; a reader
 * refuses duplicate keys.  Text is valid UTF-8 (readers refuse the rest); strings may hold
 * NUL (JSON's \u0000).
 *
 * A reader may be told which fields to keep of a document; maps that lost some are partial.
 * Whoever asks one for a field that was not to be kept, or for all of its fields, is given what is
 * there, and *missed tells later that an answer may rest on that.  Several threads may look. */
#ifndef BASE_NODE_H
#define BASE_NODE_H

#include "base/arena.h"
#include "base/buf.h"

typedef enum {
    NODE_NULL,
    NODE_BOOL,
    NODE_INT,       /* a number without fraction and exponent, within int64 */
    NODE_DOUBLE,    /* any other number; finite */
    NODE_STRING,
    NODE_LIST,
    NODE_MAP,
} NodeType;

typedef struct Node Node;
typedef struct NodePair NodePair;

/* Fields that are kept of a document: a tree of keys, through lists without a step of its
 * own. */
typedef struct NodeKeep NodeKeep;
struct NodeKeep {
    Str key;
    bool whole;             /* everything below it; so it is without fields */
    NodeKeep *fields;       /* the first of them */
    NodeKeep *next;         /* of the same parent */
    bool *missed;           /* of the document */
};

struct Node {
    uint8_t type;         /* NodeType */
    bool plain : 1;       /* YAML: a scalar without quotes and tag */
    bool partial : 1;     /* NODE_MAP: it had further fields */
    uint16_t column;      /* 1-based, in code points, 65535 = that or more; 0 unknown */
    uint32_t line;        /* 1-based; 0 unknown */
    uint32_t count;       /* of items or pairs */
    uint32_t end_line;    /* last line of a list or map; 0 unknown */
    union {
        bool boolean;
        int64_t integer;
        double number;
        Str string;
        const Node *items;      /* NODE_LIST */
        struct {                /* NODE_MAP */
            const NodePair *pairs;
            const NodeKeep *keep;       /* where it is partial: the fields that were to be kept */
        };
    };
};

struct NodePair {
    Str key;
    uint32_t line;        /* of the key */
    uint16_t column;
    Node value;
};

/* The value of a key; NULL where node is NULL, no map, or has no such key.  Linear in the
 * number of keys. */
const Node *node_get(const Node *node, Str key);
const NodePair *node_pair(const Node *node, Str key);
/* node_get along "a.b.c"; keys with dots cannot be named this way. */
const Node *node_path(const Node *node, const char *path);
/* The string, or "" where node is NULL or no string. */
Str node_string(const Node *node);
bool node_is(const Node *node, NodeType type);     /* false for NULL */
/* Notes that somebody looks at all fields of a map; at one that it does not have. */
static inline void
node_note_all(const Node *map)
{
    if (map->partial)
        __atomic_store_n(map->keep->missed, true, __ATOMIC_RELAXED);
}
void node_note_absent(const Node *map, Str key);
/* Whether nothing is left out of the first bytes of the node's compact JSON.  May say no where it
 * is. */
bool node_head_is_whole(const Node *node, size_t bytes);
/* "null", "boolean", "integer", "number", "string", "list", "map". */
const char *node_type_name(NodeType type);

/* RFC 6901 pointer of target inside root (both in memory: by address, so target must be
 * a node of root's tree): appends "/items/3/spec" to out; false where it is not there.
 * Depth is bounded by the readers' limit. */
bool node_pointer(const Node *root, const Node *target, Buf *out);
/* The node at an RFC 6901 pointer; NULL where there is none. */
const Node *node_at_pointer(const Node *root, Str pointer);

/* Appends compact JSON (indent 0) or indented JSON without a newline at the end.  Doubles are
 * printed shortest; a number that is not finite becomes null.  A tree deeper than 256 fails
 * the buffer with ST_LIMIT.  Does not note what partial maps lack: see node_head_is_whole(). */
void node_write_json(const Node *node, unsigned indent, Buf *out);
/* Appends one JSON string with its quotes; malformed bytes become U+FFFD. */
void node_write_json_string(Str s, Buf *out);

#endif
