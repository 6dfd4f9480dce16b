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

noinst_LIBRARIES += analyzer/query/libquery.a
analyzer_query_libquery_a_SOURCES = \
	analyzer/query/regex.c analyzer/query/regex.h \
	analyzer/query/regex_syntax.c analyzer/query/regex_syntax.h

QUERY_LIBS = analyzer/query/libquery.a $(TEXT_LIBS) $(PCRE2_LIBS)
