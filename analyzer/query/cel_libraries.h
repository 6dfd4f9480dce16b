/* SPDX-License-Identifier: Apache-2.0 */
/* cel_libraries.h -- the libraries of functions: a file and a table each. */
#ifndef QUERY_CEL_LIBRARIES_H
#define QUERY_CEL_LIBRARIES_H

#include "analyzer/query/cel_run.h"

#define CEL_LIBRARIES(X) \
    X(standard)          \
    X(conversions)       \
    X(times)             \
    X(optionals)         \
    X(strings)           \
    X(format)            \
    X(lists)             \
    X(math)              \
    X(sets)              \
    X(encoders)          \
    X(regex)             \
    X(network)           \
    X(quantity)          \
    X(semver)            \
    X(url)               \
    X(formats)           \
    X(meshcase)          \
    X(ports)             \
    X(proxy)             \
    X(nginx)
#define X(name) extern const CelLibrary CEL_LIBRARY_##name;
CEL_LIBRARIES(X)
#undef X

extern const OpaqueType CEL_TYPE_IP;
extern const OpaqueType CEL_TYPE_CIDR;
extern const OpaqueType CEL_TYPE_QUANTITY;
extern const OpaqueType CEL_TYPE_SEMVER;
extern const OpaqueType CEL_TYPE_URL;
extern const OpaqueType CEL_TYPE_FORMAT;

#endif
