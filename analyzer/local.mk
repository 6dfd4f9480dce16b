# SPDX-License-Identifier: Apache-2.0
# analyzer/local.mk -- what analyzer/ adds to the build.
