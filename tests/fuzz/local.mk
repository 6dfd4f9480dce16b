# SPDX-License-Identifier: Apache-2.0
# tests/fuzz/local.mk -- fuzz targets: a second each in make check, as long as asked by make fuzz.
#
#     make fuzz FUZZ_SECONDS=3600                  libFuzzer, with ASan and UBSan (clang)
#     make fuzz FUZZ_ENGINE=afl FUZZ_SECONDS=3600  AFL++
FUZZ_TARGETS = \
	tests/fuzz/fuzz_bundle \
	tests/fuzz/fuzz_cel \
	tests/fuzz/fuzz_exposition \
	tests/fuzz/fuzz_index \
	tests/fuzz/fuzz_json \
	tests/fuzz/fuzz_log \
	tests/fuzz/fuzz_manifest \
	tests/fuzz/fuzz_plan \
	tests/fuzz/fuzz_promql \
	tests/fuzz/fuzz_redact \
	tests/fuzz/fuzz_regex \
	tests/fuzz/fuzz_rules \
	tests/fuzz/fuzz_wire \
	tests/fuzz/fuzz_yaml
check_PROGRAMS += $(FUZZ_TARGETS)

if ENABLE_FUZZERS
FUZZ_MAIN =
else
FUZZ_MAIN = tests/fuzz/libstandalone.a
check_LIBRARIES += tests/fuzz/libstandalone.a
tests_fuzz_libstandalone_a_SOURCES = tests/fuzz/standalone.c
endif

FUZZ_LIBS = $(FUZZ_MAIN) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_bundle_LDADD = $(FUZZ_LIBS) $(BUNDLE_LIBS)
tests_fuzz_fuzz_cel_LDADD = $(FUZZ_LIBS) $(QUERY_LIBS)
tests_fuzz_fuzz_exposition_LDADD = $(FUZZ_LIBS) $(TEXT_LIBS)
tests_fuzz_fuzz_index_LDADD = $(FUZZ_LIBS) $(BUNDLE_LIBS)
tests_fuzz_fuzz_json_LDADD = $(FUZZ_LIBS) $(TEXT_LIBS) $(JANSSON_LIBS)
tests_fuzz_fuzz_log_LDADD = $(FUZZ_LIBS) $(QUERY_LIBS)
tests_fuzz_fuzz_manifest_LDADD = $(FUZZ_LIBS) $(BUNDLE_LIBS)
tests_fuzz_fuzz_plan_LDADD = $(FUZZ_LIBS) $(COLLECTOR_LIBS)
tests_fuzz_fuzz_promql_LDADD = $(FUZZ_LIBS) $(QUERY_LIBS)
tests_fuzz_fuzz_redact_LDADD = $(FUZZ_LIBS) $(COLLECTOR_LIBS) analyzer/text/libtext.a $(BASE_LIBS)
tests_fuzz_fuzz_regex_LDADD = $(FUZZ_LIBS) $(QUERY_LIBS)
tests_fuzz_fuzz_rules_LDADD = $(FUZZ_LIBS) $(RULE_LIBS)
tests_fuzz_fuzz_wire_LDADD = $(FUZZ_LIBS) $(RULE_LIBS)
tests_fuzz_fuzz_yaml_LDADD = $(FUZZ_LIBS) $(BASE_LIBS)

dist_check_SCRIPTS += tests/fuzz/run
TESTS += tests/fuzz/run
EXTRA_DIST += tests/fuzz/fuzz.h tests/fuzz/corpus

FUZZ_SECONDS = 60
FUZZ_ENGINE = libfuzzer
fuzz:
	'$(srcdir)/tests/fuzz/run' --engine $(FUZZ_ENGINE) --seconds $(FUZZ_SECONDS) $(FUZZ_TARGET)
.PHONY: fuzz
