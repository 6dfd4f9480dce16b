# SPDX-License-Identifier: Apache-2.0
# analyzer/rule/local.mk -- rules, reports and the two programs around them.
noinst_LIBRARIES += analyzer/rule/librule.a
analyzer_rule_librule_a_SOURCES = \
	analyzer/rule/applies.c analyzer/rule/applies.h \
	analyzer/rule/baseline.c analyzer/rule/baseline.h \
	analyzer/rule/cel_scan.c analyzer/rule/cel_scan.h \
	analyzer/rule/cite.c analyzer/rule/cite.h \
	analyzer/rule/collectable.c analyzer/rule/collectable.h \
	analyzer/rule/coverage.c analyzer/rule/coverage.h \
	analyzer/rule/diagnostic.c analyzer/rule/diagnostic.h \
	analyzer/rule/evaluate.c analyzer/rule/evaluate.h \
	analyzer/rule/reach.c \
	analyzer/rule/finish.c \
	analyzer/rule/fold.c \
	analyzer/rule/identity.c analyzer/rule/identity.h \
	analyzer/rule/judge.c analyzer/rule/judge.h \
	analyzer/rule/lint.c \
	analyzer/rule/looks_at.c analyzer/rule/looks_at.h \
	analyzer/rule/load.c analyzer/rule/load.h analyzer/rule/load_rule.c \
	analyzer/rule/mention.c \
	analyzer/rule/names.c \
	analyzer/rule/overlay.c analyzer/rule/overlay.h \
	analyzer/rule/params.c \
	analyzer/rule/rule.h \
	analyzer/rule/schema.c analyzer/rule/schema.h \
	analyzer/rule/schema_json.c analyzer/rule/schema_table.c \
	analyzer/rule/scope.c analyzer/rule/scope.h \
	analyzer/rule/template.c analyzer/rule/template.h \
	analyzer/rule/test_bundle.c analyzer/rule/test_bundle.h \
	analyzer/rule/test_expect.c analyzer/rule/test_expect.h \
	analyzer/rule/test_objects.c analyzer/rule/test_objects.h \
	analyzer/rule/test_run.c analyzer/rule/test_run.h \
	analyzer/rule/trace.c analyzer/rule/trace.h \
	analyzer/rule/verdict.h \
	analyzer/rule/verdict_wire.c analyzer/rule/verdict_wire.h

RULE_LIBS = analyzer/rule/librule.a $(QUERY_LIBS) $(JANSSON_LIBS)

noinst_LIBRARIES += analyzer/report/libreport.a
analyzer_report_libreport_a_SOURCES = \
	analyzer/report/citation.c analyzer/report/citation.h \
	analyzer/report/explain.c analyzer/report/explain.h \
	analyzer/report/explain_language.c analyzer/report/explain_pack.c \
	analyzer/report/formats.def \
	analyzer/report/html.h \
	analyzer/report/html_gallery.c \
	analyzer/report/html_rest.c \
	analyzer/report/html_timeline.c \
	analyzer/report/json_fields.c analyzer/report/json_fields.h \
	analyzer/report/lacks.c analyzer/report/lacks.h \
	analyzer/report/layout.c analyzer/report/layout.h \
	analyzer/report/markdown.c analyzer/report/markdown.h \
	analyzer/report/report.c analyzer/report/report.h \
	analyzer/report/plot.c analyzer/report/plot.h \
	analyzer/report/report_html.c \
	analyzer/report/report_json.c \
	analyzer/report/report_junit.c \
	analyzer/report/report_markdown.c \
	analyzer/report/report_sarif.c \
	analyzer/report/report_text.c \
	analyzer/report/text.h analyzer/report/text_evidence.c analyzer/report/text_rest.c \
	analyzer/report/scratch.h \
	analyzer/report/voice.h \
	analyzer/report/xml.c analyzer/report/xml.h

REPORT_LIBS = analyzer/report/libreport.a $(RULE_LIBS) -lm

# The page's style and script, as strings of C.
PAGE_PARTS = analyzer/report/report.css.inc analyzer/report/report.js.inc
analyzer/report/report.css.inc: analyzer/report/report.css
analyzer/report/report.js.inc: analyzer/report/report.js
$(PAGE_PARTS):
	$(AM_V_GEN)$(MKDIR_P) analyzer/report && \
	sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$$/\\n"/' $(srcdir)/$(@:.inc=) >$@.new && \
	mv $@.new $@
BUILT_SOURCES += $(PAGE_PARTS)
CLEANFILES += $(PAGE_PARTS)
EXTRA_DIST += analyzer/report/report.css analyzer/report/report.js

noinst_LIBRARIES += analyzer/diff/libdiff.a
analyzer_diff_libdiff_a_SOURCES = \
	analyzer/diff/diff.c analyzer/diff/diff.h analyzer/diff/diff_private.h \
	analyzer/diff/diff_evidence.c \
	analyzer/diff/diff_metrics.c \
	analyzer/diff/diff_objects.c \
	analyzer/diff/diff_write.c \
	analyzer/diff/ignored.def

bin_PROGRAMS += meshcase-analyze meshcase-bundle meshcase-rules
meshcase_bundle_SOURCES = \
	analyzer/bundle_diff.c analyzer/bundle_diff.h \
	analyzer/main_bundle.c \
	analyzer/program.c analyzer/program.h
meshcase_bundle_LDADD = $(PROGRAM_LIBS) analyzer/diff/libdiff.a $(REPORT_LIBS)
meshcase_analyze_SOURCES = \
	analyzer/analysis.c analyzer/analysis.h \
	analyzer/analysis_options.c \
	analyzer/inquiry.c analyzer/inquiry.h analyzer/inquiry_private.h \
	analyzer/inquiry_answer.c \
	analyzer/main_analyze.c \
	analyzer/program.c analyzer/program.h
meshcase_analyze_LDADD = $(PROGRAM_LIBS) $(REPORT_LIBS)
meshcase_rules_SOURCES = \
	analyzer/main_rules.c \
	analyzer/program.c analyzer/program.h \
	analyzer/rules_command.c analyzer/rules_command.h analyzer/rules_commands.def \
	analyzer/rules_list.c \
	analyzer/rules_eval.c \
	analyzer/rules_options.c
meshcase_rules_LDADD = $(PROGRAM_LIBS) $(REPORT_LIBS)

dist_check_SCRIPTS += tests/cli/analyze.sh tests/cli/fields.sh tests/cli/report.sh tests/cli/diff.sh tests/cli/examples.sh tests/cli/page.sh tests/cli/rules.sh tests/cli/worker.sh
TESTS += tests/cli/analyze.sh tests/cli/fields.sh tests/cli/report.sh tests/cli/diff.sh tests/cli/examples.sh tests/cli/page.sh tests/cli/rules.sh tests/cli/worker.sh

# A library with a defect, preloaded by tests.
tests/fault/crash.so: tests/fault/crash.c
	$(AM_V_CC)$(MKDIR_P) tests/fault && \
	$(CC) $(AM_CPPFLAGS) $(AM_CFLAGS) -fPIC -shared -o $@ $(srcdir)/tests/fault/crash.c -ldl
check_DATA = tests/fault/crash.so
CLEANFILES += tests/fault/crash.so
EXTRA_DIST += tests/fault/crash.c

# Shows the programs of a build tree the rules of the source tree.
rules.link:
	$(AM_V_GEN)rm -f $@ && $(LN_S) $(abs_srcdir)/rules $@
all-local: rules.link
CLEANFILES += rules.link

EXTRA_DIST += tests/cli/analyzer_lib.sh tests/report tests/rules

if HAVE_CHECK
RULE_TESTS = tests/unit/test_lint tests/unit/test_report tests/unit/test_report_no_memory tests/unit/test_rule_load tests/unit/test_evaluate tests/unit/test_lanes tests/unit/test_alike tests/unit/test_overlay
check_PROGRAMS += $(RULE_TESTS)
TESTS += $(RULE_TESTS)
UNIT_RULE = tests/unit/librunner.a $(RULE_LIBS) $(CHECK_LIBS)
UNIT_REPORT = tests/unit/librunner.a $(REPORT_LIBS) $(CHECK_LIBS)
tests_unit_test_report_SOURCES = tests/unit/test_report.c \
	tests/unit/report_tool.c tests/unit/report_tool.h
tests_unit_test_report_LDADD = $(UNIT_REPORT)
tests_unit_test_report_no_memory_SOURCES = tests/unit/test_report_no_memory.c $(UNIT_FAULTS) \
	tests/unit/report_tool.c tests/unit/report_tool.h
tests_unit_test_report_no_memory_LDADD = $(UNIT_REPORT)
RULE_TOOL = tests/unit/rule_tool.c tests/unit/rule_tool.h
tests_unit_test_evaluate_SOURCES = tests/unit/test_evaluate.c $(RULE_TOOL)
tests_unit_test_evaluate_LDADD = $(UNIT_RULE)
tests_unit_test_alike_SOURCES = tests/unit/test_alike.c tests/unit/cel_support.h $(RULE_TOOL)
tests_unit_test_alike_LDADD = $(UNIT_RULE)
tests_unit_test_lanes_SOURCES = tests/unit/test_lanes.c $(RULE_TOOL)
tests_unit_test_lanes_LDADD = $(UNIT_RULE)
tests_unit_test_lint_SOURCES = tests/unit/test_lint.c $(RULE_TOOL)
tests_unit_test_lint_LDADD = $(UNIT_RULE)
tests_unit_test_overlay_SOURCES = tests/unit/test_overlay.c $(RULE_TOOL)
tests_unit_test_overlay_LDADD = $(UNIT_RULE)
tests_unit_test_rule_load_SOURCES = tests/unit/test_rule_load.c $(RULE_TOOL)
tests_unit_test_rule_load_LDADD = $(UNIT_RULE)
endif
