/* SPDX-License-Identifier: Apache-2.0 */
/* mention.c -- which names stand in texts that could not be compiled. */
#include "analyzer/rule/load.h"

static bool
is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool
text_mentions(Str text, Str name)
{
    size_t at = 0;
    size_t found;
    while (str_find(str_from(text, at), name, &found)) {
        size_t start = at + found;
        size_t end = start + name.n;
        bool before = start > 0 && is_word_byte(text.p[start - 1]);
        bool after = end < text.n && is_word_byte(text.p[end]);
        if (!before && !after)
            return true;
        at = start + 1;
    }
    return false;
}

bool
node_mentions(const Node *node, Str name)
{
    if (!node || name.n == 0)
        return false;
    if (node->type == NODE_STRING)
        return text_mentions(node->string, name);
    for (uint32_t i = 0; node->type == NODE_LIST && i < node->count; i++)
        if (node_mentions(&node->items[i], name))
            return true;
    for (uint32_t i = 0; node->type == NODE_MAP && i < node->count; i++)
        if (node_mentions(&node->pairs[i].value, name))
            return true;
    return false;
}
