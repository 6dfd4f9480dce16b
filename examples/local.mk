# SPDX-License-Identifier: Apache-2.0
# %D%/local.mk -- what examples/ adds to the build.
