# SPDX-License-Identifier: Apache-2.0
# base/local.mk -- what a C library should have had.
noinst_LIBRARIES += base/libbase.a
base_libbase_a_SOURCES = \
	base/arena.c base/arena.h \
	base/ascii.h \
	base/buf.c base/buf.h \
	base/cleanup.h \
	base/data_path.c base/data_path.h \
	base/digest.c base/digest.h \
	base/io.c base/io.h \
	base/limits.def base/limits.h \
	base/map.c base/map.h \
	base/node.c base/node.h base/node_json.c \
	base/options.c base/options.h base/options_internal.h \
	base/options_completion.c base/options_help.c base/options_man.c \
	base/pool.c base/pool.h \
	base/status.c base/status.def base/status.h \
	base/sandbox.c base/sandbox.h base/sandbox_calls.def \
	base/str.c base/str.h base/str_match.c base/str_number.c \
	base/subprocess.c base/subprocess.h \
	base/tempfile.c base/tempfile.h \
	base/timestamp.c base/timestamp.h base/timestamp_length.c \
	base/utf8.c base/utf8.h \
	base/yaml.c base/yaml.h base/yaml_scalar.c base/yaml_scalar.h \
	base/yaml_position.c base/yaml_position.h \
	base/wire.c base/wire.h \
	base/worker.c base/worker.h

# What main files share; it prints, so it is no part of the library.
noinst_LIBRARIES += base/libprogram.a
base_libprogram_a_SOURCES = base/program.c base/program.h
