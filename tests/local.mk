# SPDX-License-Identifier: Apache-2.0
# tests/local.mk -- unit tests, one program a module, and the scripts.
if HAVE_CHECK
# Each unit test is tests/unit/test_<module>.c with the runner that holds main().
UNIT_TESTS =
UNIT_BASE = tests/unit/librunner.a $(BASE_LIBS) $(CHECK_LIBS)
check_LIBRARIES += tests/unit/librunner.a
tests_unit_librunner_a_SOURCES = tests/unit/runner.c tests/unit/runner.h

UNIT_TESTS += tests/unit/test_arena
tests_unit_test_arena_LDADD = $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_buf
tests_unit_test_buf_LDADD = $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_digest
tests_unit_test_digest_LDADD = $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_io
tests_unit_test_io_LDADD = $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_map
tests_unit_test_map_LDADD = $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_no_memory
UNIT_FAULTS = tests/unit/faults.c tests/unit/faults.h
tests_unit_test_no_memory_SOURCES = tests/unit/test_no_memory.c $(UNIT_FAULTS)
tests_unit_test_no_memory_LDADD = $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_node
tests_unit_test_node_LDADD = $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_pool
tests_unit_test_pool_LDADD = $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_status
tests_unit_test_status_LDADD = $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_options
tests_unit_test_options_LDADD = $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_str
tests_unit_test_str_LDADD = $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_subprocess
tests_unit_test_subprocess_LDADD = $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_tempfile
tests_unit_test_tempfile_LDADD = $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_timestamp
tests_unit_test_timestamp_LDADD = $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_utf8
tests_unit_test_utf8_LDADD = $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_wire
tests_unit_test_wire_LDADD = $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_worker
tests_unit_test_worker_LDADD = $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_yaml
tests_unit_test_yaml_LDADD = $(UNIT_BASE)

# The evidence of a bundle.
UNIT_MODEL = tests/unit/librunner.a $(MODEL_LIBS) $(CHECK_LIBS)
MODEL_TESTS = tests/unit/test_facts tests/unit/test_gallery tests/unit/test_kind_name tests/unit/test_metric_targets \
	tests/unit/test_model tests/unit/test_relation tests/unit/test_version
UNIT_TESTS += $(MODEL_TESTS)
EXTRA_DIST += tests/unit/model_fixture.h
tests_unit_test_facts_LDADD = $(UNIT_MODEL)
tests_unit_test_gallery_LDADD = $(UNIT_MODEL)
tests_unit_test_kind_name_LDADD = $(UNIT_MODEL)
tests_unit_test_metric_targets_LDADD = $(UNIT_MODEL)
tests_unit_test_relation_LDADD = $(UNIT_MODEL)
tests_unit_test_model_LDADD = $(UNIT_MODEL)
tests_unit_test_version_LDADD = $(UNIT_MODEL)

# The query languages of the analyzer.
UNIT_QUERY = tests/unit/librunner.a $(QUERY_LIBS) $(CHECK_LIBS)
UNIT_TESTS += tests/unit/test_finder
tests_unit_test_finder_SOURCES = tests/unit/test_finder.c \
	tests/unit/log_oracle.c tests/unit/log_oracle.h
tests_unit_test_finder_LDADD = $(UNIT_QUERY)
UNIT_TESTS += tests/unit/test_metric_source
tests_unit_test_metric_source_LDADD = $(UNIT_QUERY)
UNIT_TESTS += tests/unit/test_cel
tests_unit_test_cel_SOURCES = tests/unit/test_cel.c tests/unit/cel_support.h
tests_unit_test_cel_LDADD = $(UNIT_QUERY)
UNIT_TESTS += tests/unit/test_cel_functions
tests_unit_test_cel_functions_SOURCES = tests/unit/test_cel_functions.c tests/unit/cel_support.h
tests_unit_test_cel_functions_LDADD = $(UNIT_QUERY)
UNIT_TESTS += tests/unit/test_cel_hostile
tests_unit_test_cel_hostile_SOURCES = tests/unit/test_cel_hostile.c tests/unit/cel_support.h
tests_unit_test_cel_hostile_LDADD = $(UNIT_QUERY)
UNIT_TESTS += tests/unit/test_value
tests_unit_test_value_LDADD = $(UNIT_QUERY)
UNIT_TESTS += tests/unit/test_cel_join
tests_unit_test_cel_join_SOURCES = tests/unit/test_cel_join.c tests/unit/cel_support.h
tests_unit_test_cel_join_LDADD = $(UNIT_QUERY)
UNIT_TESTS += tests/unit/test_cel_unknown
tests_unit_test_cel_unknown_SOURCES = tests/unit/test_cel_unknown.c tests/unit/cel_support.h
tests_unit_test_cel_unknown_LDADD = $(UNIT_QUERY)
UNIT_TESTS += tests/unit/test_cel_holes
tests_unit_test_cel_holes_SOURCES = tests/unit/test_cel_holes.c tests/unit/cel_support.h
tests_unit_test_cel_holes_LDADD = $(UNIT_QUERY)
UNIT_TESTS += tests/unit/test_promql
tests_unit_test_promql_LDADD = $(UNIT_QUERY)
UNIT_TESTS += tests/unit/test_promql_oracle
tests_unit_test_promql_oracle_LDADD = $(UNIT_QUERY)
UNIT_TESTS += tests/unit/test_promql_holes
tests_unit_test_promql_holes_LDADD = $(UNIT_QUERY)
UNIT_TESTS += tests/unit/test_logs
tests_unit_test_logs_LDADD = $(UNIT_QUERY)
UNIT_TESTS += tests/unit/test_source_logs
tests_unit_test_source_logs_LDADD = $(UNIT_QUERY)
UNIT_TESTS += tests/unit/test_source
tests_unit_test_source_LDADD = $(UNIT_QUERY)
UNIT_TESTS += tests/unit/test_reach
tests_unit_test_reach_SOURCES = tests/unit/test_reach.c tests/unit/cel_support.h
tests_unit_test_reach_LDADD = $(UNIT_QUERY)
UNIT_TESTS += tests/unit/test_shape
tests_unit_test_shape_LDADD = $(UNIT_QUERY)
UNIT_TESTS += tests/unit/test_language_docs
tests_unit_test_language_docs_LDADD = $(UNIT_QUERY)
UNIT_TESTS += tests/unit/test_regex
tests_unit_test_regex_LDADD = $(UNIT_QUERY)
# The formats of the analyzer.
UNIT_TEXT = tests/unit/librunner.a $(TEXT_LIBS) $(CHECK_LIBS)
UNIT_TESTS += tests/unit/test_exposition
tests_unit_test_exposition_LDADD = $(UNIT_TEXT)
UNIT_TESTS += tests/unit/test_log_line
tests_unit_test_log_line_SOURCES = tests/unit/test_log_line.c \
	tests/unit/log_oracle.c tests/unit/log_oracle.h
tests_unit_test_log_line_LDADD = $(UNIT_TEXT)
UNIT_TESTS += tests/unit/test_json
tests_unit_test_json_LDADD = $(UNIT_TEXT) $(JANSSON_LIBS)
UNIT_TESTS += tests/unit/test_json_items
tests_unit_test_json_items_LDADD = $(UNIT_TEXT)

# Test data of other projects, where it is at hand.
check_PROGRAMS += tests/conformance/conformance
TESTS += tests/conformance/conformance
tests_conformance_conformance_SOURCES = \
	tests/conformance/cel.c \
	tests/conformance/conformance.h \
	tests/conformance/exposition.c \
	tests/conformance/main.c \
	tests/conformance/promql.c \
	tests/conformance/schema.c
tests_conformance_conformance_LDADD = $(QUERY_LIBS) $(JANSSON_LIBS)

UNIT_TESTS += tests/unit/test_yaml_position
tests_unit_test_yaml_position_LDADD = $(UNIT_BASE)

check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
endif

dist_check_SCRIPTS += tests/check_layers.sh
TESTS += tests/check_layers.sh
dist_check_SCRIPTS += tests/check_banned.sh
TESTS += tests/check_banned.sh

# The recorded clusters, and the server that shows them to the real kubectl.
dist_check_SCRIPTS += tests/apiserver-selftest.sh
TESTS += tests/apiserver-selftest.sh
EXTRA_DIST += tests/apiserver

AM_TESTS_ENVIRONMENT = \
	MESHCASE_SRCDIR='$(abs_srcdir)'; export MESHCASE_SRCDIR; \
	MESHCASE_BUILDDIR='$(abs_builddir)'; export MESHCASE_BUILDDIR; \
	LC_ALL=C.UTF-8; export LC_ALL; TZ=UTC; export TZ; \
	CK_DEFAULT_TIMEOUT=20; export CK_DEFAULT_TIMEOUT; \
	ASAN_OPTIONS="allocator_may_return_null=1:$$ASAN_OPTIONS"; export ASAN_OPTIONS;

# Rules, and whole journeys from a recorded cluster or state to findings.
dist_check_SCRIPTS += tests/rule_packs.sh tests/real_states.py tests/istioctl_cases.py tests/holes.py tests/cli/e2e.sh
TESTS += tests/rule_packs.sh tests/real_states.py tests/istioctl_cases.py tests/holes.py tests/cli/e2e.sh
EXTRA_DIST += tests/cli/e2e_report.py tests/cli/e2e_same.py

dist_check_SCRIPTS += tests/plan_covers_rules.py
TESTS += tests/plan_covers_rules.py

# Clusters with known faults, and clusters that are unusual and well; tests/scenarios/README.md.
check_PROGRAMS += tests/scenarios/kubectl
dist_check_SCRIPTS += tests/scenarios/run.py tests/scenarios/coverage.py
TESTS += tests/scenarios/run.py tests/scenarios/coverage.py
EXTRA_DIST += \
	tests/scenarios/README.md \
	tests/scenarios/catalogue.py \
	tests/scenarios/clocks.py \
	tests/scenarios/healthy.py \
	tests/scenarios/injection.py \
	tests/scenarios/metrics_flow.py \
	tests/scenarios/missing.py \
	tests/scenarios/overlay.py \
	tests/scenarios/proxies.py \
	tests/scenarios/routing.py \
	tests/scenarios/running.py \
	tests/scenarios/several.py \
	tests/scenarios/signatures.py \
	tests/scenarios/words.py

# All of them with all commands in containers, by the real kubectl alone: a quarter of an hour.
check-scenarios: all
	@$(AM_TESTS_ENVIRONMENT) $(srcdir)/tests/scenarios/run.py --full --real -v
# Every member of several bundles, damaged in every way: hours.
check-holes: all tests/scenarios/kubectl
	@$(AM_TESTS_ENVIRONMENT) $(srcdir)/tests/holes.py --all
guide-coverage: all
	@$(AM_TESTS_ENVIRONMENT) $(srcdir)/tests/scenarios/coverage.py --write
.PHONY: check-scenarios check-holes guide-coverage

# Bad inputs, one named case each; tests/bad/lib.py says what each must yield.
dist_check_SCRIPTS += tests/bad/run
TESTS += tests/bad/run
EXTRA_DIST += \
	tests/bad/archives.py \
	tests/bad/formats.py \
	tests/bad/lib.py \
	tests/bad/limits.py \
	tests/bad/programs.py \
	tests/bad/rules.yaml \
	tests/bad/shapes.py \
	tests/bad/tar.py

# Allocations and calls that fail: a sample of them; all of them by check-faults (an hour).
tests/fault/inject.so: tests/fault/inject.c
	$(AM_V_CC)$(MKDIR_P) tests/fault && \
	$(CC) $(AM_CPPFLAGS) $(AM_CFLAGS) -fno-builtin -fPIC -shared -o $@ $(srcdir)/tests/fault/inject.c -ldl
check_DATA += tests/fault/inject.so
CLEANFILES += tests/fault/inject.so
EXTRA_DIST += tests/fault/inject.c
dist_check_SCRIPTS += tests/fault/run
TESTS += tests/fault/run
check-faults: all tests/fault/inject.so
	@$(AM_TESTS_ENVIRONMENT) $(srcdir)/tests/fault/run --all
.PHONY: check-faults
