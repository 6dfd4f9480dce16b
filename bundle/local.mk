# SPDX-License-Identifier: Apache-2.0
# bundle/local.mk -- the format that both programs share.
noinst_LIBRARIES += bundle/libbundle.a
bundle_libbundle_a_SOURCES = \
	bundle/border.c bundle/border.h \
	bundle/byte_source.c bundle/byte_source.h \
	bundle/classes.def \
	bundle/confined.c bundle/confined.h \
	bundle/command.c bundle/command.h \
	bundle/command_cat.c bundle/command_list.c bundle/command_verify.c \
	bundle/component.c bundle/component.h bundle/components.def bundle/endpoints.def \
	bundle/cursor.c bundle/cursor.h \
	bundle/gzip_out.c bundle/gzip_out.h \
	bundle/index_in.c bundle/index_in.h \
	bundle/index_out.c bundle/index_out.h \
	bundle/inflate.c bundle/inflate.h bundle/inflate_engine.h \
	bundle/inflate_isal.c bundle/inflate_zlib.c \
	bundle/kind.c bundle/kind.h bundle/kinds.def \
	bundle/manifest.c bundle/manifest.h \
	bundle/manifest_check.c bundle/manifest_check.h \
	bundle/manifest_read.c \
	bundle/member_name.c \
	bundle/problems.def \
	bundle/reader.c bundle/reader.h bundle/reader_private.h \
	bundle/reader_folder.c \
	bundle/reader_index.c \
	bundle/reader_lanes.c \
	bundle/reader_scan.c \
	bundle/reader_stream.c \
	bundle/tar_header.c bundle/tar_header.h \
	bundle/verify.c bundle/verify.h \
	bundle/writer.c bundle/writer.h

BUNDLE_LIBS = bundle/libbundle.a $(BASE_LIBS) $(LIBARCHIVE_LIBS) $(ISAL_LIBS) $(ZLIB_LIBS)

if HAVE_CHECK
BUNDLE_TESTS = tests/unit/test_border tests/unit/test_component tests/unit/test_cursor \
	tests/unit/test_bundle_no_memory tests/unit/test_index tests/unit/test_inflate tests/unit/test_kind \
	tests/unit/test_manifest \
	tests/unit/test_reader tests/unit/test_verify tests/unit/test_writer
check_PROGRAMS += $(BUNDLE_TESTS)
TESTS += $(BUNDLE_TESTS)
BUNDLE_TOOL = tests/unit/bundle_tool.c tests/unit/bundle_tool.h
UNIT_BUNDLE = tests/unit/librunner.a $(BUNDLE_LIBS) $(CHECK_LIBS)
tests_unit_test_border_LDADD = $(UNIT_BUNDLE)
tests_unit_test_component_LDADD = $(UNIT_BUNDLE)
tests_unit_test_bundle_no_memory_SOURCES = tests/unit/test_bundle_no_memory.c \
	tests/unit/faults.c tests/unit/faults.h $(BUNDLE_TOOL)
tests_unit_test_bundle_no_memory_LDADD = $(UNIT_BUNDLE)
tests_unit_test_cursor_LDADD = $(UNIT_BUNDLE)
tests_unit_test_index_SOURCES = tests/unit/test_index.c $(BUNDLE_TOOL)
tests_unit_test_index_LDADD = $(UNIT_BUNDLE)
tests_unit_test_inflate_LDADD = $(UNIT_BUNDLE)
tests_unit_test_kind_LDADD = $(UNIT_BUNDLE)
tests_unit_test_manifest_LDADD = $(UNIT_BUNDLE)
tests_unit_test_reader_SOURCES = tests/unit/test_reader.c $(BUNDLE_TOOL)
tests_unit_test_reader_LDADD = $(UNIT_BUNDLE)
tests_unit_test_verify_SOURCES = tests/unit/test_verify.c $(BUNDLE_TOOL)
tests_unit_test_verify_LDADD = $(UNIT_BUNDLE)
tests_unit_test_writer_SOURCES = tests/unit/test_writer.c $(BUNDLE_TOOL)
tests_unit_test_writer_LDADD = $(UNIT_BUNDLE)
endif

# Packs a folder as a bundle, for tests of any layer.
check_PROGRAMS += tests/lib/mkbundle
tests_lib_mkbundle_LDADD = $(BUNDLE_LIBS)
dist_check_SCRIPTS += tests/cli/bundle.sh
TESTS += tests/cli/bundle.sh
EXTRA_DIST += tests/lib/check_schema.py tests/lib/check_rule_schema.py
dist_doc_DATA += docs/bundle-format.md
