# SPDX-License-Identifier: Apache-2.0
# bundle/local.mk -- the format that both programs share.
EXTRA_DIST += \
	bundle/classes.def \
	bundle/component.h \
	bundle/components.def \
	bundle/endpoints.def \
	bundle/inflate.h \
	bundle/kind.h \
	bundle/kinds.def \
	bundle/manifest.h \
	bundle/problems.def \
	bundle/reader.h \
	bundle/verify.h \
	bundle/writer.h
