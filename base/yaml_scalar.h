/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_scalar.h -- what a YAML scalar means: private to the YAML reader. */
#ifndef BASE_YAML_SCALAR_H
#define BASE_YAML_SCALAR_H

#include "base/node.h"

typedef enum {
    YAML_SCALAR_OK,
    YAML_SCALAR_RANGE,    /* a number that no double holds */
    YAML_SCALAR_TAG,      /* a tag that is not one of the core schema's */
    YAML_SCALAR_VALUE,    /* the value is not of the tag's type */
} YamlScalar;

/* Types a scalar: sets type and value of ret, whose string is text itself.
 *   plain   without quotes and not a block scalar
 *   tag     in full ("tag:yaml.org,2002:str"), "!" or NULL */
YamlScalar yaml_scalar(Str text, bool plain, const char *tag, Node *ret);

/* Whether tag may stand at a list or map: NULL, or the core schema's for it. */
bool yaml_container_tag(const char *tag, NodeType type);

#endif
