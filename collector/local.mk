# SPDX-License-Identifier: Apache-2.0
# collector/local.mk -- the program that makes a bundle of a cluster.
noinst_LIBRARIES += collector/libcollector.a
collector_libcollector_a_SOURCES = \
	collector/list_split.c collector/list_split.h \
	collector/redact.c collector/redact.def collector/redact.h \
	collector/redact_json.c collector/redact_private.h collector/redact_text.c \
	collector/secret_name.c collector/secret_name.h \
	collector/span.c collector/span.h

COLLECTOR_LIBS = collector/libcollector.a $(BASE_LIBS) $(JANSSON_LIBS)

if HAVE_CHECK
COLLECTOR_TESTS = tests/unit/test_span tests/unit/test_list_split tests/unit/test_redact
check_PROGRAMS += $(COLLECTOR_TESTS)
TESTS += $(COLLECTOR_TESTS)
tests_unit_test_span_LDADD = tests/unit/librunner.a $(COLLECTOR_LIBS) $(CHECK_LIBS)
tests_unit_test_list_split_LDADD = tests/unit/librunner.a $(COLLECTOR_LIBS) $(CHECK_LIBS)
tests_unit_test_redact_LDADD = tests/unit/librunner.a $(COLLECTOR_LIBS) $(CHECK_LIBS)
endif
