/* SPDX-License-Identifier: Apache-2.0 */
/* cel_function.c -- finds functions by name and calls the overload that fits. */
#include <pthread.h>
#include <string.h>

#include "analyzer/query/cel_libraries.h"
#include "analyzer/query/cel_run.h"

static const CelLibrary *const LIBRARIES[] = {
#define X(name) &CEL_LIBRARY_##name,
    CEL_LIBRARIES(X)
#undef X
};

const CelLibrary *const *
cel_libraries(size_t *ret_count)
{
    *ret_count = sizeof LIBRARIES / sizeof *LIBRARIES;
    return LIBRARIES;
}

static const char *const TYPES[] = {
    "bool", "int", "uint", "double", "string", "bytes", "list", "map", "null_type", "type",
    "google.protobuf.Timestamp", "google.protobuf.Duration", "optional_type", "net.IP",
    "net.CIDR", "kubernetes.Quantity", "kubernetes.Semver", "kubernetes.URL",
    "kubernetes.NamedFormat",
};

bool
cel_find_type(Str name, Value *ret)
{
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
        if (str_is(name, TYPES[i])) {
            *ret = value_type(TYPES[i]);
            return true;
        }
    }
    return false;
}

Status
cel_find_functions(Arena *arena, Str name, bool method, const CelFunction *const **ret, Err *err)
{
    VEC(const CelFunction *) rows = {0};
    size_t count = 0;
    const CelLibrary *const *libraries = cel_libraries(&count);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < libraries[i]->count; k++) {
            const CelFunction *row = &libraries[i]->rows[k];
            if (!str_is(name, row->name) || ((row->flags & CEL_METHOD) != 0) != method)
                continue;
            const CelFunction **slot = VEC_PUSH(arena, &rows);
            if (!slot)
                return err_nomem(err);
            *slot = row;
        }
    }
    if (rows.count && !VEC_PUSH(arena, &rows))
        return err_nomem(err);
    *ret = rows.count ? rows.items : NULL;
    return ST_OK;
}

const char *
cel_nearest_function(Str name, bool method)
{
    const char *candidates[512];
    size_t used = 0;
    size_t count = 0;
    const CelLibrary *const *libraries = cel_libraries(&count);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < libraries[i]->count && used < 480; k++) {
            const CelFunction *row = &libraries[i]->rows[k];
            if (((row->flags & CEL_METHOD) != 0) == method)
                candidates[used++] = row->name;
        }
    }
    for (size_t i = 0; i < CEL_MACRO_COUNT && used < 511; i++) {
        if (CEL_MACROS[i].receiver == method)
            candidates[used++] = CEL_MACROS[i].name;
    }
    candidates[used] = NULL;
    return str_nearest(name, candidates);
}

bool
cel_function_takes(const CelFunction *row, size_t count)
{
    size_t least = 0;
    size_t most = 0;
    bool optional = false;
    for (const char *c = row->signature; *c; c++) {
        if (*c == '?') {
            optional = true;
        } else if (*c == '*') {
            return count >= least;
        } else {
            most++;
            least += !optional;
        }
    }
    return count >= least && count <= most;
}

static bool
is_opaque(Value v, const OpaqueType *type)
{
    return v.type == VALUE_OPAQUE && v.opaque.type == type;
}

static bool
type_fits(char letter, Value v)
{
    switch (letter) {
    case '.':
        return true;
    case 'b':
        return v.type == VALUE_BOOL;
    case 'i':
        return v.type == VALUE_INT;
    case 'u':
        return v.type == VALUE_UINT;
    case 'd':
        return v.type == VALUE_DOUBLE;
    case 'n':
        return v.type == VALUE_INT || v.type == VALUE_UINT || v.type == VALUE_DOUBLE;
    case 's':
        return v.type == VALUE_STRING;
    case 'y':
        return v.type == VALUE_BYTES;
    case 'l':
        return v.type == VALUE_LIST;
    case 'm':
        return v.type == VALUE_MAP;
    case 'L':
        return v.type == VALUE_LIST || v.type == VALUE_MAP;
    case 't':
        return v.type == VALUE_TIMESTAMP;
    case 'g':
        return v.type == VALUE_DURATION;
    case 'T':
        return v.type == VALUE_TYPE;
    case 'o':
        return v.type == VALUE_OPTIONAL;
    case 'I':
        return is_opaque(v, &CEL_TYPE_IP);
    case 'C':
        return is_opaque(v, &CEL_TYPE_CIDR);
    case 'Q':
        return is_opaque(v, &CEL_TYPE_QUANTITY);
    case 'V':
        return is_opaque(v, &CEL_TYPE_SEMVER);
    case 'U':
        return is_opaque(v, &CEL_TYPE_URL);
    case 'F':
        return is_opaque(v, &CEL_TYPE_FORMAT);
    default:
        return false;
    }
}

static bool
row_fits(const CelFunction *row, const Value *args, size_t count)
{
    if (!cel_function_takes(row, count))
        return false;
    const char *c = row->signature;
    for (size_t i = 0; i < count; i++) {
        while (*c == '?')
            c++;
        if (*c == '*')
            c--;
        if (!type_fits(*c, args[i]))
            return false;
        c++;
    }
    return true;
}

/* Arguments that answer for the function: unknowns, errors, incomplete lists. */
static Value
absorb_arguments(CelRun *run, unsigned flags, const Value *args, size_t count)
{
    Value kept = value_null();
    for (size_t i = 0; i < count; i++) {
        Value v = flags & CEL_TAKES_INCOMPLETE ? args[i] : cel_settle(args[i]);
        if (value_is_absorbing(v))
            kept = cel_absorb(run, kept, v);
    }
    return kept;
}

Value
cel_call(CelRun *run, const CelNode *node, Value *args, size_t count)
{
    unsigned flags = node->overloads ? node->overloads[0]->flags : 0;
    if (run->limit)
        return cel_stopped(run);
    if (!node->overloads)
        return cel_error(run, "unknown function '" STR_FMT "'", STR_ARG(node->name));
    if (!(flags & CEL_TAKES_UNKNOWN)) {
        Value kept = absorb_arguments(run, flags, args, count);
        if (value_is_absorbing(kept))
            return kept;
    }
    for (size_t i = 0; node->overloads[i]; i++) {
        const CelFunction *row = node->overloads[i];
        if (!row_fits(row, args, count))
            continue;
        run->regex = row->flags & CEL_PATTERN ? node->regex : NULL;
        return row->fn(run, args, count);
    }
    return cel_no_overload(run, node->overloads[0]->name, args, count);
}

enum { DOCS_MOST = 512 };

static CelFunctionDoc docs[DOCS_MOST];
static size_t doc_count;
static pthread_once_t docs_once = PTHREAD_ONCE_INIT;

static void
add_doc(const char *name, const char *library, const char *usage, const char *help)
{
    if (doc_count < DOCS_MOST)
        docs[doc_count++] = (CelFunctionDoc){name, library, usage, help};
}

/* For pthread_once(). */
static void
make_docs(void)
{
    for (size_t i = 0; i < CEL_MACRO_COUNT; i++) {
        const CelMacro *macro = &CEL_MACROS[i];
        add_doc(macro->name, macro->library, macro->usage, macro->help);
    }
    for (size_t i = 0; i < sizeof LIBRARIES / sizeof *LIBRARIES; i++) {
        for (size_t k = 0; k < LIBRARIES[i]->count; k++) {
            const CelFunction *row = &LIBRARIES[i]->rows[k];
            add_doc(row->name, row->library, row->usage, row->help);
        }
    }
}

const CelFunctionDoc *
cel_functions(size_t *ret_count)
{
    (void)pthread_once(&docs_once, make_docs);
    *ret_count = doc_count;
    return docs;
}
