/* SPDX-License-Identifier: Apache-2.0 */
/* node_json.c -- Node trees as JSON text. */
#include "base/node.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <math.h>

enum { JSON_MAX_DEPTH = 256 };    /* readers stop at 100 */

static void
add_escape(Buf *out, unsigned char c)
{
    static const char SHORT[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n',
                                 ['\f'] = 'f', ['\r'] = 'r', ['"'] = '"', ['\\'] = '\\'};
    if (c < sizeof SHORT && SHORT[c]) {
        buf_addc(out, '\\');
        buf_addc(out, SHORT[c]);
    } else {
        buf_printf(out, "\\u%04x", (unsigned)c);
    }
}

void
node_write_json_string(Str s, Buf *out)
{
    buf_addc(out, '"');
    while (s.n) {
        size_t plain = 0;
        while (plain < s.n && (unsigned char)s.p[plain] >= 0x20 && s.p[plain] != '"' &&
               s.p[plain] != '\\')
            plain++;
        utf8_sanitise(out, str_head(s, plain));
        if (plain < s.n)
            add_escape(out, (unsigned char)s.p[plain++]);
        s = str_from(s, plain);
    }
    buf_addc(out, '"');
}

static void
new_line(Buf *out, unsigned indent, unsigned depth)
{
    if (indent == 0)
        return;
    buf_addc(out, '\n');
    for (unsigned i = 0; i < indent * depth; i++)
        buf_addc(out, ' ');
}

static void write_node(const Node *node, unsigned indent, unsigned depth, Buf *out);

static void
write_container(const Node *node, unsigned indent, unsigned depth, Buf *out)
{
    bool list = node->type == NODE_LIST;
    buf_addc(out, list ? '[' : '{');
    for (uint32_t i = 0; i < node->count; i++) {
        if (i > 0)
            buf_addc(out, ',');
        new_line(out, indent, depth + 1);
        if (list) {
            write_node(&node->items[i], indent, depth + 1, out);
        } else {
            node_write_json_string(node->pairs[i].key, out);
            buf_adds(out, indent ? ": " : ":");
            write_node(&node->pairs[i].value, indent, depth + 1, out);
        }
    }
    if (node->count > 0)
        new_line(out, indent, depth);
    buf_addc(out, list ? ']' : '}');
}

static void
write_node(const Node *node, unsigned indent, unsigned depth, Buf *out)
{
    if (depth > JSON_MAX_DEPTH) {
        if (out->failed == ST_OK)
            out->failed = ST_LIMIT;
        return;
    }
    switch ((NodeType)node->type) {
    case NODE_NULL:
        buf_adds(out, "null");
        break;
    case NODE_BOOL:
        buf_adds(out, node->boolean ? "true" : "false");
        break;
    case NODE_INT:
        buf_printf(out, "%" PRId64, node->integer);
        break;
    case NODE_DOUBLE:
        if (isfinite(node->number))
            buf_add_double(out, node->number);
        else
            buf_adds(out, "null");
        break;
    case NODE_STRING:
        node_write_json_string(node->string, out);
        break;
    case NODE_LIST:
    case NODE_MAP:
        write_container(node, indent, depth, out);
        break;
    }
}

void
node_write_json(const Node *node, unsigned indent, Buf *out)
{
    write_node(node, indent, 0, out);
}
