# SPDX-License-Identifier: Apache-2.0
# %D%/local.mk -- what bundle/ adds to the build.
