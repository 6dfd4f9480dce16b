# SPDX-License-Identifier: Apache-2.0
# analyzer/local.mk -- what analyzer/ adds to the build, in layer order.
noinst_LIBRARIES += analyzer/query/libquery.a
analyzer_query_libquery_a_SOURCES = \
	analyzer/query/regex.c analyzer/query/regex.h \
	analyzer/query/regex_syntax.c analyzer/query/regex_syntax.h

QUERY_LIBS = analyzer/query/libquery.a $(BASE_LIBS) $(PCRE2_LIBS)
