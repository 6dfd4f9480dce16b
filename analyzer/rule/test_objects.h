/* SPDX-License-Identifier: Apache-2.0 */
/* test_objects.h -- the Kubernetes objects of a test; for test_bundle.c alone. */
#ifndef RULE_TEST_OBJECTS_H
#define RULE_TEST_OBJECTS_H

#include "analyzer/model/feed_memory.h"
#include "analyzer/rule/test_bundle.h"

/* A bundle while it is made. */
typedef struct {
    const TestBundle *bundle;
    Arena *arena;
    MemoryFeed *memory;
} Making;

/* The value of a key, the change's instead of the base's; NULL where neither has it. */
const Node *making_key(const Making *making, const char *key);
/* A capture of glob that brought member ("": none).  ret may be NULL. */
NODISCARD Status making_capture(Making *making, const char *kind, Str glob, Str member,
                                CaptureState state, CaptureClass class, Str reason,
                                Capture **ret, Err *err);
/* Lists of the objects, and a capture for every kind. */
NODISCARD Status test_objects_add(Making *making, Err *err);

#endif
