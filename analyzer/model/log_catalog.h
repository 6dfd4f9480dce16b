/* SPDX-License-Identifier: Apache-2.0 */
/* log_catalog.h -- the container logs that should exist, found once for all selections of logs.
 *
 * Rules select logs in many ways, and pods may be tens of thousands: what follows from the pods
 * alone, and what the manifest says of each log, is not looked up again for every selection. */
#ifndef MODEL_LOG_CATALOG_H
#define MODEL_LOG_CATALOG_H

#include "analyzer/model/model_private.h"

/* A log of a container of a pod. */
typedef struct {
    uint32_t container;         /* index into LogCatalog.containers */
    uint32_t taken_by;          /* the last selection that took its member; 0: none */
    bool previous;
    bool judged;
    bool there;                 /* the bundle holds it, at least in part */
    const Gap *gap;             /* what is missing of it; NULL: nothing, or rightly all of it */
    const char *evidence;       /* that the gap was made for */
    Str member;
    uint32_t same;              /* the first log of that member, mostly itself */
} CatalogLog;

typedef struct {
    const Object *pod;
    size_t first_log;           /* up to that of the next pod */
} CatalogPod;

struct LogCatalog {
    Objects pods;               /* of all namespaces */
    const CatalogPod *entries;  /* pods.count of them, and one more */
    VEC(CatalogLog) logs;
    VEC(Str) containers;        /* names, each once */
    Map container_numbers;      /* name -> index + 1 */
    Map by_member;              /* member -> index into logs + 1 */
    uint32_t selections;        /* made so far */
};

/* Made when it is first asked for.  ST_NOMEM. */
NODISCARD Status log_catalog(Model *model, LogCatalog **ret, Err *err);
/* The log that says whether a member was taken, for all logs of that name; NULL: no pod has it. */
CatalogLog *log_catalog_member(const LogCatalog *catalog, Str member);
/* Fills in there and gap.  evidence: for the gap, "logs:mixer". */
NODISCARD Status log_catalog_judge(Model *model, CatalogLog *log, const char *evidence, Err *err);

#endif
