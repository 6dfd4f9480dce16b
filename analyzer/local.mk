# SPDX-License-Identifier: Apache-2.0
# analyzer/local.mk -- what analyzer/ adds to the build, in layer order.
noinst_LIBRARIES += analyzer/text/libtext.a
analyzer_text_libtext_a_SOURCES = \
	analyzer/text/exposition.c analyzer/text/exposition.h \
	analyzer/text/exposition_internal.h \
	analyzer/text/exposition_line.c \
	analyzer/text/exposition_number.c \
	analyzer/text/exposition_openmetrics.c \
	analyzer/text/exposition_read.c \
	analyzer/text/exposition_strict.c \
	analyzer/text/json.c analyzer/text/json.h \
	analyzer/text/json_items.c analyzer/text/json_items.h \
	analyzer/text/json_scan.c analyzer/text/json_scan.h \
	analyzer/text/log_line.c analyzer/text/log_line.h \
	analyzer/text/log_records.c analyzer/text/log_records.h

TEXT_LIBS = analyzer/text/libtext.a $(BASE_LIBS)

noinst_LIBRARIES += analyzer/model/libmodel.a
analyzer_model_libmodel_a_SOURCES = \
	analyzer/model/evidence.c analyzer/model/evidence.h

MODEL_LIBS = analyzer/model/libmodel.a $(TEXT_LIBS)

noinst_LIBRARIES += analyzer/query/libquery.a
analyzer_query_libquery_a_SOURCES = \
	analyzer/query/promql.c analyzer/query/promql.h \
	analyzer/query/promql_aggregate.c \
	analyzer/query/promql_binary.c \
	analyzer/query/promql_check.c \
	analyzer/query/promql_eval.c \
	analyzer/query/promql_functions.c \
	analyzer/query/promql_histogram.c \
	analyzer/query/promql_internal.h \
	analyzer/query/promql_label_functions.c \
	analyzer/query/promql_labels.c \
	analyzer/query/promql_lex.c \
	analyzer/query/promql_number.c \
	analyzer/query/promql_number_functions.c \
	analyzer/query/promql_parse.c analyzer/query/promql_parse.h \
	analyzer/query/promql_range.c \
	analyzer/query/promql_select.c \
	analyzer/query/regex.c analyzer/query/regex.h \
	analyzer/query/regex_syntax.c analyzer/query/regex_syntax.h

QUERY_LIBS = analyzer/query/libquery.a $(MODEL_LIBS) $(PCRE2_LIBS)
