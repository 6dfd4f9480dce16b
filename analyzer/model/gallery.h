/* SPDX-License-Identifier: Apache-2.0 */
/* gallery.h -- what a report shows beside its findings: measurements and what was collected.
 *
 * Plain data without a way back to the model, so that it can be sent through a pipe
 * (gallery_wire.h).  Each series holds at most LIMIT_GALLERY_COUNT rows, and says how many
 * there were more; an empty one says why it is empty, where that is known. */
#ifndef MODEL_GALLERY_H
#define MODEL_GALLERY_H

#include "bundle/manifest.h"

typedef struct Model Model;
typedef struct Demand Demand;

typedef enum {
    SERIES_CLOCKS,
    SERIES_LIMITS,
    SERIES_VERSIONS,
    SERIES_RESTARTS,
    SERIES_CAPTURES,
    SERIES_COUNT
} GallerySeries;

/* Against the clock of the machine that collected. */
typedef struct {
    Str subject;
    Str kind;               /* "node", "apiserver", … */
    Str node;               /* "" where it stands on none */
    Str method;
    double offset_s;
    double error_s;         /* not negative */
} GalleryClock;

/* Descriptors that a process has open, and may have. */
typedef struct {
    Str owner;              /* "ns/pod/container process" */
    double open;
    double soft;            /* more than 0 */
} GalleryLimit;

/* Pods of a part of the mesh that run one version. */
typedef struct {
    Str component;
    Str version;            /* "" where the image does not tell */
    uint32_t pods;
} GalleryVersion;

/* A container that has been started again. */
typedef struct {
    Str owner;              /* "ns/pod/container" */
    Str reason;             /* of its last end: "OOMKilled"; "" unknown */
    int64_t time_ns;        /* of its last end; 0 unknown */
    uint32_t restarts;      /* at least 1 */
} GalleryRestart;

/* One capture of the manifest. */
typedef struct {
    Str id;
    Str kind;
    Str reason;             /* "class: reason"; "" where complete */
    uint8_t state;          /* CaptureState */
    uint64_t bytes;
    uint32_t duration_ms;
} GalleryCapture;

/* All captures of one kind. */
typedef struct {
    Str kind;
    uint32_t states[CAPTURE_STATE_COUNT];
    uint64_t bytes;
} GalleryKind;

typedef struct {
    VEC(GalleryClock) clocks;       /* in the order of clocks.json */
    VEC(GalleryLimit) limits;       /* fullest first */
    VEC(GalleryVersion) versions;   /* by component, as the tables have them */
    VEC(GalleryRestart) restarts;   /* by namespace, pod, container */
    VEC(GalleryCapture) captures;   /* those not complete first, else in manifest order */
    VEC(GalleryKind) kinds;         /* of every capture, in order of appearance */
    uint32_t left_out[SERIES_COUNT];
    Str lack[SERIES_COUNT];         /* why a series may lack rows; "" where it is whole */
} Gallery;

/* What it rests on.  ST_NOMEM. */
NODISCARD Status demand_gallery(Demand *demand, Err *err);
/* Everything of *ret lives as long as the model.  ST_NOMEM. */
NODISCARD Status model_gallery(Model *model, Gallery *ret, Err *err);

#endif
