# SPDX-License-Identifier: Apache-2.0
# %D%/local.mk -- what rules/ adds to the build.
