# SPDX-License-Identifier: Apache-2.0
# %D%/local.mk -- what collector/ adds to the build.
