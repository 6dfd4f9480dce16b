/* SPDX-License-Identifier: Apache-2.0 */
/* plan.h -- what is to be collected: a YAML file, read strictly.
 *
 * A plan names things by the bundle's tables (components, endpoints, commands), so it can
 * ask for nothing that the bundle has no place for and for nothing that is not harmless.
 * docs/plan.md describes the form; plan_keys.def is its one list. */
#ifndef COLLECTOR_PLAN_H
#define COLLECTOR_PLAN_H

#include "base/node.h"
#include "bundle/component.h"

typedef enum {
#define PLAN_KIND(id, name, help) PLAN_##id,
#include "collector/plan_kinds.def"
#undef PLAN_KIND
    PLAN_KIND_COUNT
} PlanKind;

typedef enum { PREVIOUS_RESTARTED, PREVIOUS_ALWAYS, PREVIOUS_NEVER } PlanPrevious;
typedef enum { WINDOW_WHOLE, WINDOW_RECENT } PlanWindow;

typedef struct {
    const Str *items;
    size_t count;
} StrList;

typedef struct {
    Str what;
    uint16_t port;
    Str path;
} PlanRequest;

typedef struct {
    StrList served;          /* any of them; none: no condition */
    uint32_t components;     /* bits; any of them; 0: no condition */
} PlanWhen;

typedef struct {
    Str id;
    PlanKind kind;
    PlanWhen when;
    StrList resources;
    bool metadata_only;
    uint32_t components;     /* bits by Component */
    Str selector;
    StrList namespaces;
    int64_t at_most;         /* 0: all */
    bool one_per_node;
    PlanPrevious previous;
    PlanWindow window;
    const uint16_t *ports;   /* ends with 0; NULL: the component's */
    Str path;
    int64_t samples;
    StrList what;
    const PlanRequest *requests;
    size_t request_count;
    StrList commands;
} PlanCapture;

typedef struct {
    Str name;
    const PlanCapture *captures;
    size_t capture_count;
} Plan;

extern const char *const PLAN_KIND_NAMES[];     /* PLAN_KIND_COUNT and a NULL */

/* ST_FORMAT and ST_UNSAFE with file, line and column; ST_NOT_FOUND, ST_IO, ST_LIMIT. */
NODISCARD Status plan_load(Arena *arena, const char *file, Plan **ret, Err *err);
NODISCARD Status plan_parse(Arena *arena, Str text, const char *file, Plan **ret, Err *err);
/* The installed plan, or that of the source tree when run from the build tree. */
NODISCARD Status plan_built_in(Arena *arena, const char **ret_file, Err *err);

/* The plan in words, one paragraph a capture: --dry-run. */
void plan_print(const Plan *plan, Buf *out);

bool plan_lists(const StrList *list, Str word);

#endif
