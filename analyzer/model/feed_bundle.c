/* SPDX-License-Identifier: Apache-2.0 */
/* feed_bundle.c -- members from a bundle. */
#include "analyzer/model/model.h"

static Status
scan_bundle(void *context, const BundleVisitor *visitor, Err *err)
{
    return bundle_scan(context, visitor, err);
}

static const Manifest *
manifest_of_bundle(void *context)
{
    return bundle_manifest(context);
}

ModelFeed
model_feed_of_bundle(Bundle *bundle)
{
    return (ModelFeed){scan_bundle, manifest_of_bundle, bundle};
}
