/* SPDX-License-Identifier: Apache-2.0 */
/* bundle_diff.h -- the subcommand of meshcase-bundle that knows what bundles mean. */
#ifndef ANALYZER_BUNDLE_DIFF_H
#define ANALYZER_BUNDLE_DIFF_H

#include "bundle/command.h"

extern const Command COMMAND_DIFF;

#endif
