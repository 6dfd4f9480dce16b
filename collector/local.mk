# SPDX-License-Identifier: Apache-2.0
# collector/local.mk -- the program that makes a bundle of a cluster.
noinst_LIBRARIES += collector/libcollector.a
collector_libcollector_a_SOURCES = \
	collector/answer.c collector/answer.h \
	collector/base64.c collector/base64.h \
	collector/byte_sets.c collector/byte_sets.h \
	collector/chase.c collector/chase.h \
	collector/clocks.c collector/clocks.h \
	collector/cluster.c collector/cluster.h \
	collector/collect.c collector/collect.h \
	collector/credentials.c collector/credentials.h \
	collector/discover.c collector/discover.h collector/discover_table.c \
	collector/endpoints.c \
	collector/exec.c \
	collector/fetch.c collector/fetch.h \
	collector/fetch_command.c collector/fetch_http.c collector/fetch_private.h \
	collector/fetch_queue.c collector/fetch_queue.h \
	collector/forbidden.c collector/forbidden.def collector/forbidden.h \
	collector/guard.c collector/guard.h \
	collector/host.c \
	collector/identity.c collector/identity.h collector/identity_hosts.def \
	collector/kube.c collector/kube.h collector/kube_cache.c \
	collector/lease_watch.c \
	collector/list_split.c collector/list_split.h \
	collector/literal.c collector/literal.h collector/literal_form.c collector/literal_form.h \
	collector/logs.c \
	collector/metrics.c \
	collector/options.c collector/options.h \
	collector/plan.c collector/plan.h collector/plan_keys.def collector/plan_kinds.def \
	collector/plan_load.c \
	collector/pods.c collector/pods.h \
	collector/preflight.c \
	collector/proc_limits.c collector/proc_limits.h \
	collector/progress.c collector/progress.h \
	collector/publish.c collector/publish.h \
	collector/redact.c collector/redact.def collector/redact.h \
	collector/redact_assign.c collector/redact_assign.h \
	collector/redact_check.c collector/redact_check.h collector/redact_checks.def \
	collector/redact_check_lines.c collector/redact_check_lines.h \
	collector/redact_content.c collector/redact_private.h \
	collector/redact_argument.c collector/redact_argument.h \
	collector/redact_final.c \
	collector/redact_find.c collector/redact_find.h collector/redact_tokens.def \
	collector/redact_key.c collector/redact_key.h \
	collector/redact_phrase.c collector/redact_phrase.h \
	collector/redact_url.c collector/redact_url.h collector/redact_hooks.def \
	collector/redact_report.c collector/redact_report.h \
	collector/redact_section.c collector/redact_section.h \
	collector/redact_sentence.c collector/redact_sentence.h \
	collector/redact_state.h collector/redact_stream.c \
	collector/redact_text.c collector/redact_tree.c \
	collector/redact_value.c collector/redact_value.h \
	collector/repack.c collector/repack.h collector/repack_member.c collector/repack_member.h \
	collector/resources.c \
	collector/review.c collector/review.h \
	collector/rights.c collector/rights.h \
	collector/run.c collector/run.h \
	collector/secret_book.c collector/secret_book.h \
	collector/secret_name.c collector/secret_name.h \
	collector/selector.c collector/selector.h \
	collector/session.c collector/session.h \
	collector/signals.c collector/signals.h \
	collector/span.c collector/span.h collector/span_yaml.c \
	collector/spool.c collector/spool.h \
	collector/summary.c collector/summary.h \
	collector/take.c collector/take.h

COLLECTOR_LIBS = collector/libcollector.a $(BUNDLE_LIBS) $(JANSSON_LIBS) $(CURL_LIBS) $(PCRE2_LIBS)

bin_PROGRAMS += meshcase-collect
meshcase_collect_SOURCES = collector/main.c
meshcase_collect_LDADD = $(PROGRAM_LIBS) $(COLLECTOR_LIBS)

plansdir = $(pkgdatadir)/plans
dist_plans_DATA = collector/plans/istio.yaml

# Shows the programs of a build tree the plans of the source tree.
plans.link:
	$(AM_V_GEN)rm -f $@ && $(LN_S) $(abs_srcdir)/collector/plans $@
all-local: plans.link
CLEANFILES += plans.link

if HAVE_CHECK
COLLECTOR_TESTS = tests/unit/test_answer tests/unit/test_identity tests/unit/test_list_split tests/unit/test_literal tests/unit/test_measures tests/unit/test_plan \
	tests/unit/test_redact tests/unit/test_redact_check tests/unit/test_span tests/unit/test_spool \
	tests/unit/test_wiped
check_PROGRAMS += $(COLLECTOR_TESTS)
TESTS += $(COLLECTOR_TESTS)
UNIT_COLLECTOR = tests/unit/librunner.a $(COLLECTOR_LIBS) $(CHECK_LIBS)
tests_unit_test_answer_LDADD = $(UNIT_COLLECTOR)
tests_unit_test_list_split_LDADD = $(UNIT_COLLECTOR)
tests_unit_test_literal_LDADD = $(UNIT_COLLECTOR)
tests_unit_test_identity_LDADD = $(UNIT_COLLECTOR)
tests_unit_test_redact_check_LDADD = $(UNIT_COLLECTOR)
tests_unit_test_wiped_LDADD = $(UNIT_COLLECTOR)
tests_unit_test_measures_LDADD = $(UNIT_COLLECTOR)
tests_unit_test_plan_LDADD = $(UNIT_COLLECTOR)
tests_unit_test_redact_LDADD = $(UNIT_COLLECTOR)
tests_unit_test_span_LDADD = $(UNIT_COLLECTOR)
tests_unit_test_spool_LDADD = $(UNIT_COLLECTOR)
endif

# End to end, with the real kubectl against a recorded cluster.
EXTRA_DIST += tests/cli/collect_lib.sh tests/cli/canaries.py tests/cli/canary_kinds.py tests/lib/traces.py
COLLECTOR_JOURNEYS = \
	tests/cli/collect.sh \
	tests/cli/collect_ends.sh \
	tests/cli/collect_faults.sh \
	tests/cli/collect_hostile.sh \
	tests/cli/collect_incluster.sh \
	tests/cli/collect_pace.sh \
	tests/cli/collect_usage.sh \
	tests/cli/redact.sh tests/cli/redact_levels.sh
dist_check_SCRIPTS += $(COLLECTOR_JOURNEYS)
TESTS += $(COLLECTOR_JOURNEYS)
