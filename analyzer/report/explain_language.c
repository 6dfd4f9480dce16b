/* SPDX-License-Identifier: Apache-2.0 */
/* explain_language.c -- the reference of the rule language, from the tables that the program
 * itself reads. */
#include "analyzer/report/explain.h"

#include "analyzer/report/markdown.h"
#include "analyzer/rule/schema.h"

static void
write_choices(const SchemaKey *key, Buf *out)
{
    for (size_t i = 0; key->choices[i]; i++)
        buf_printf(out, "%s`%s`", i ? ", " : "", key->choices[i]);
}

static void
write_type(const SchemaKey *key, Buf *out)
{
    if (key->choices) {
        write_choices(key, out);
        buf_adds(out, key->shape ? ", or " : "");
    } else if (!key->shape) {
        buf_adds(out, schema_type_text(key->type));
    }
    if (key->shape) {
        buf_adds(out, key->choices ? "" : schema_type_text(key->type));
        buf_printf(out, "%s(%s)", key->choices ? "a mapping " : ": ", key->shape->name);
    }
}

static void
write_shape(const SchemaShape *shape, Buf *out)
{
    buf_printf(out, "## %s\n\n%s\n\n| key | value | meaning |\n|---|---|---|\n", shape->name,
               shape->help);
    for (const SchemaKey *key = shape->keys; key->name; key++) {
        buf_printf(out, "| `%s`%s | ", key->name, key->required ? " (required)" : "");
        write_type(key, out);
        buf_adds(out, " | ");
        markdown_inline(str_of(key->help), out);
        buf_adds(out, " |\n");
    }
    buf_addc(out, '\n');
}

static void
write_sources(Buf *out)
{
    size_t count;
    const SourceDoc *docs = source_docs(&count);
    buf_adds(out, "## Sources\n\n| source | keys | gives |\n|---|---|---|\n");
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, "| `%s` | ", docs[i].kind);
        for (size_t k = 0; docs[i].keys && docs[i].keys[k].name; k++)
            buf_printf(out, "%s`%s`", k ? ", " : "", docs[i].keys[k].name);
        buf_adds(out, " | ");
        markdown_inline(str_of(docs[i].help), out);
        buf_adds(out, " |\n");
    }
    buf_addc(out, '\n');
}

static void
write_functions(Buf *out)
{
    size_t count;
    const CelFunctionDoc *docs = cel_functions(&count);
    buf_adds(out, "## Functions\n\n| function | library | |\n|---|---|---|\n");
    for (size_t i = 0; i < count; i++) {
        buf_adds(out, "| `");
        buf_adds(out, docs[i].usage);
        buf_printf(out, "` | %s | ", docs[i].library);
        markdown_inline(str_of(docs[i].help), out);
        buf_adds(out, " |\n");
    }
}

void
explain_language(Buf *out)
{
    buf_adds(out, "# Reference of the rule language\n\n");
    for (const SchemaShape *const *shape = schema_shapes(); *shape; shape++)
        write_shape(*shape, out);
    write_sources(out);
    write_functions(out);
}
