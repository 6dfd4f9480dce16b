/* SPDX-License-Identifier: Apache-2.0 */
/* shape.c -- what is known of a value before there is one: texts, taken apart where asked. */
#include "analyzer/query/shape.h"

#include "analyzer/model/kind_name.h"

const ShapeRow SHAPES[] = {
#define KIND(name, text) {#name, text, true},
#define TYPE(name, text) {#name, text, false},
#include "analyzer/query/shapes.def"
#undef KIND
#undef TYPE
};
const size_t SHAPE_COUNT = sizeof SHAPES / sizeof *SHAPES;

/* Lists of lists of … are not followed for ever: expressions make as many as they like. */
enum { LONGEST_SHAPE = 1000 };

static const Str ANY = STR_INIT("any");

static const ShapeRow *
find_row(Str name)
{
    for (size_t i = 0; i < SHAPE_COUNT; i++)
        if (str_is(name, SHAPES[i].name))
            return &SHAPES[i];
    return NULL;
}

static bool
is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* Whether it is written like a row's name: one word that begins with a capital. */
static bool
is_name(Str shape)
{
    for (size_t i = 0; i < shape.n; i++)
        if (!is_capital(shape.p[i]) && !(shape.p[i] >= 'a' && shape.p[i] <= 'z'))
            return false;
    return shape.n > 0 && is_capital(shape.p[0]);
}

/* The text behind a name of the table. */
static Str
resolve(Str shape)
{
    if (!is_name(shape))
        return shape;
    const ShapeRow *row = find_row(shape);
    return row ? str_of(row->text) : ANY;
}

/* ---- reading ---- */

/* Bytes of s before the first of the two signs that stands outside of brackets. */
static size_t
length_until(Str s, char sign, char other)
{
    size_t depth = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (depth == 0 && (c == sign || c == other))
            return i;
        if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && depth > 0)
            depth--;
    }
    return s.n;
}

/* The next "name" or "name: T" of what stands between a record's braces. */
static bool
next_field(Str *rest, Str *ret_name, Str *ret_type)
{
    Str part = str_trim(str_head(*rest, length_until(*rest, ',', ',')));
    if (part.n == 0)
        return false;
    *rest = str_from(*rest, length_until(*rest, ',', ',') + 1);
    size_t colon = length_until(part, ':', ':');
    *ret_name = str_trim(str_head(part, colon));
    *ret_type = colon < part.n ? str_trim(str_from(part, colon + 1)) : STR("text");
    return true;
}

static Str
between_brackets(Str shape)
{
    return shape.n >= 2 ? str_sub(shape, 1, shape.n - 2) : STR("");
}

static bool
is_free_key(Str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!is_capital(name.p[i]))
            return false;
    return name.n > 0;
}

static ShapeType
type_in_braces(Str shape)
{
    Str rest = between_brackets(shape);
    Str name;
    Str type;
    return next_field(&rest, &name, &type) && is_free_key(name) ? SHAPE_MAP : SHAPE_RECORD;
}

ShapeType
shape_type(Str shape)
{
    Str text = resolve(shape);
    if (text.n == 0 || str_is(text, "any") || str_is(text, "map"))
        return SHAPE_ANY;
    switch (text.p[0]) {
    case '[':
        return SHAPE_LIST;
    case '{':
        return type_in_braces(text);
    case '?':
        return SHAPE_OPTIONAL;
    case '!':
        return SHAPE_NOTHING;
    default:
        break;
    }
    if (str_is(text, "int"))
        return SHAPE_INT;
    return str_is(text, "double") ? SHAPE_DOUBLE : SHAPE_SCALAR;
}

bool
shape_is_number(Str shape)
{
    ShapeType type = shape_type(shape);
    return type == SHAPE_INT || type == SHAPE_DOUBLE;
}

bool
shape_may_be_bool(Str shape)
{
    ShapeType type = shape_type(shape);
    return type == SHAPE_ANY || type == SHAPE_NOTHING ||
           (type == SHAPE_SCALAR && !str_is(shape, "string"));
}

Str
shape_inner(Str shape)
{
    Str text = resolve(shape);
    ShapeType type = shape_type(shape);
    if (type == SHAPE_LIST)
        return str_trim(between_brackets(text));
    if (type == SHAPE_OPTIONAL)
        return str_from(text, 1);
    if (type != SHAPE_MAP)
        return ANY;
    Str rest = between_brackets(text);
    Str name;
    Str value;
    return next_field(&rest, &name, &value) ? value : ANY;
}

bool
shape_field(Str record, Str name, Str *ret)
{
    Str rest = between_brackets(resolve(record));
    Str field;
    Str type;
    while (next_field(&rest, &field, &type)) {
        if (!str_eq(field, name))
            continue;
        *ret = type;
        return true;
    }
    return false;
}

bool
shape_is_open(Str record)
{
    Str ignored;
    return shape_field(record, STR("..."), &ignored) || shape_field(record, STR("…"), &ignored);
}

Str
shape_name(Str record)
{
    return is_name(record) ? record : (Str){NULL, 0};
}

const char *
shape_nearest(Arena *arena, Str record, Str name)
{
    VEC(const char *) names = {0};
    Str rest = between_brackets(resolve(record));
    Str field;
    Str type;
    while (next_field(&rest, &field, &type)) {
        const char **slot = VEC_PUSH(arena, &names);
        if (!slot || !(*slot = arena_cstr(arena, field)))
            return NULL;
    }
    const char **end = VEC_PUSH(arena, &names);
    if (!end)
        return NULL;
    *end = NULL;
    return str_nearest(name, names.items);
}

/* ---- making ---- */

Str
shape_join(Str a, Str b)
{
    if (str_eq(a, b))
        return a;
    ShapeType left = shape_type(a);
    ShapeType right = shape_type(b);
    if (left == SHAPE_NOTHING)
        return b;
    if (right == SHAPE_NOTHING)
        return a;
    bool is_left_map = left == SHAPE_MAP || left == SHAPE_RECORD;
    bool is_right_map = right == SHAPE_MAP || right == SHAPE_RECORD;
    if (left == right && left == SHAPE_SCALAR)
        return STR("text");
    /* `[]` and `{}` are what is written for nothing there: all that is known of the other
     * stays true. */
    bool is_same = (left == SHAPE_LIST && right == SHAPE_LIST) ||
                   (left == SHAPE_OPTIONAL && right == SHAPE_OPTIONAL) ||
                   (is_left_map && is_right_map);
    if (is_same && shape_type(shape_inner(b)) == SHAPE_NOTHING)
        return a;
    if (is_same && shape_type(shape_inner(a)) == SHAPE_NOTHING)
        return b;
    return ANY;
}

static Str
wrap(Arena *arena, const char *before, Str shape, const char *behind)
{
    if (shape.n > LONGEST_SHAPE)
        return ANY;
    return arena_strf(arena, "%s" STR_FMT "%s", before, STR_ARG(shape), behind);
}

Str
shape_list_of(Arena *arena, Str element)
{
    return wrap(arena, "[", element, "]");
}

Str
shape_map_of(Arena *arena, Str value)
{
    return wrap(arena, "{KEY: ", value, "}");
}

Str
shape_optional_of(Arena *arena, Str value)
{
    return shape_type(value) == SHAPE_OPTIONAL ? value : wrap(arena, "?", value, "");
}

Str
shape_of_kind(Str kind)
{
    KindName name;
    kind_name_parse(kind, &name);
    const ShapeRow *row = name.row_count ? find_row(str_of(name.first->kind)) : NULL;
    return row && row->is_kind ? str_of(row->name) : ANY;
}

/* ---- checking the tables ---- */

enum { DEEPEST_SHAPE = 16 };

static bool is_sound(Str shape, unsigned depth);

static bool
is_word(Str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '{' || c == '}' || c == '[' || c == ']' || c == ',' || c == ':')
            return false;
    }
    return text.n > 0;
}

static bool
are_fields_sound(Str fields, unsigned depth)
{
    Str rest = fields;
    Str name;
    Str type;
    while (next_field(&rest, &name, &type)) {
        Str behind = rest;
        Str other;
        Str ignored;
        if (!is_word(name) || !is_sound(type, depth))
            return false;
        while (next_field(&behind, &other, &ignored))
            if (str_eq(other, name))
                return false;
    }
    return str_trim(rest).n == 0;
}

static bool
is_sound(Str shape, unsigned depth)
{
    if (shape.n == 0 || depth > DEEPEST_SHAPE)
        return false;
    char first = shape.p[0];
    char last = shape.p[shape.n - 1];
    if (first == '[')
        return last == ']' && is_sound(shape_inner(shape), depth + 1);
    if (first == '{')
        return last == '}' && are_fields_sound(between_brackets(shape), depth + 1);
    if (is_name(shape) && !find_row(shape))
        return false;
    return is_word(shape);
}

bool
shape_is_sound(Str shape)
{
    return is_sound(shape, 0);
}
