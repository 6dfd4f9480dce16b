/* SPDX-License-Identifier: Apache-2.0 */
/* kind_name.h -- how rules name kinds of objects, and which resources a name means.
 *
 * A name is a kind ("Pod", "rule"), a plural ("pods") or either with its group
 * ("rule.config.istio.io", "virtualservices.networking.istio.io"; "Pod.core"), or a glob over
 * these ("*.networking.istio.io").  Without a group the table of kinds.def decides; a name
 * that is not in it means the resource of that plural in any group. */
#ifndef MODEL_KIND_NAME_H
#define MODEL_KIND_NAME_H

#include "base/arena.h"

typedef struct {
    const char *kind;
    const char *plural;
    const char *group;
    bool namespaced;
    bool is_alias;          /* of the row above it */
} ResourceRow;

extern const ResourceRow RESOURCES[];
extern const size_t RESOURCE_COUNT;
/* Every kind once, ends with NULL: for "did you mean". */
extern const char *const RESOURCE_KINDS[];

/* The row of a resource as members name it; NULL for one that is not in the table. */
const ResourceRow *resource_row(Str group, Str plural);

typedef struct {
    Str text;
    Str word;               /* the part before the group */
    Str group;
    bool has_group;
    bool is_glob;
    const ResourceRow *first;   /* rows that the name means: */
    size_t row_count;           /* that many, side by side; 0: not in the table */
} KindName;

void kind_name_parse(Str text, KindName *ret);
/* Whether objects of that resource are meant.  kind: as served, where it is known, else "". */
bool kind_name_means(const KindName *name, Str group, Str plural, Str kind);

#endif
