# SPDX-License-Identifier: Apache-2.0
# base/local.mk -- what a C library should have had.
noinst_LIBRARIES += base/libbase.a
base_libbase_a_SOURCES = \
	base/arena.c base/arena.h \
	base/buf.h \
	base/cleanup.h \
	base/digest.h \
	base/io.h \
	base/limits.def base/limits.h \
	base/map.h \
	base/node.h \
	base/options.h \
	base/status.c base/status.def base/status.h \
	base/str.c base/str.h \
	base/subprocess.h \
	base/tempfile.h \
	base/timestamp.h \
	base/utf8.h \
	base/yaml.h
