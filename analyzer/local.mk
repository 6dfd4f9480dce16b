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
	analyzer/text/json_share.c analyzer/text/json_share.h \
	analyzer/text/log_block.c analyzer/text/log_block.h analyzer/text/log_blocks.c \
	analyzer/text/log_line.c analyzer/text/log_line.h

TEXT_LIBS = analyzer/text/libtext.a $(BASE_LIBS)

noinst_LIBRARIES += analyzer/model/libmodel.a
analyzer_model_libmodel_a_SOURCES = \
	analyzer/model/components.c \
	analyzer/model/cover.c \
	analyzer/model/demand.c \
	analyzer/model/discovery.c \
	analyzer/model/documents.c \
	analyzer/model/evidence.c analyzer/model/evidence.h \
	analyzer/model/facts.c analyzer/model/facts.def analyzer/model/facts.h \
	analyzer/model/facts_image.c \
	analyzer/model/facts_mesh.c \
	analyzer/model/facts_network.c \
	analyzer/model/facts_pods.c \
	analyzer/model/facts_private.h \
	analyzer/model/facts_version.c \
	analyzer/model/feed_bundle.c \
	analyzer/model/feed_memory.c analyzer/model/feed_memory.h \
	analyzer/model/gallery.c analyzer/model/gallery.h \
	analyzer/model/gallery_wire.c analyzer/model/gallery_wire.h \
	analyzer/model/kind_name.c analyzer/model/kind_name.h analyzer/model/kinds.def \
	analyzer/model/kept_fields.c analyzer/model/kept_fields.def \
	analyzer/model/kind_state.c \
	analyzer/model/load.c \
	analyzer/model/load_lane.c analyzer/model/load_lane.h \
	analyzer/model/log_catalog.c analyzer/model/log_catalog.h \
	analyzer/model/logs.c analyzer/model/logs.h \
	analyzer/model/metrics.h \
	analyzer/model/model.h analyzer/model/model_private.h \
	analyzer/model/objects.c \
	analyzer/model/references.def \
	analyzer/model/quote.c \
	analyzer/model/relation.c analyzer/model/relation.h analyzer/model/relations.def \
	analyzer/model/relation_fields.c analyzer/model/relation_private.h \
	analyzer/model/samples.c \
	analyzer/model/selector.c analyzer/model/selector.h \
	analyzer/model/tree.c analyzer/model/tree.h \
	analyzer/model/version.c analyzer/model/version.h

MODEL_LIBS = analyzer/model/libmodel.a analyzer/text/libtext.a $(BUNDLE_LIBS)

noinst_LIBRARIES += analyzer/query/libquery.a
analyzer_query_libquery_a_SOURCES = \
	analyzer/query/alike.c analyzer/query/alike.h \
	analyzer/query/cel.c analyzer/query/cel.h \
	analyzer/query/cel_ast.h \
	analyzer/query/cel_check.c analyzer/query/cel_check.h \
	analyzer/query/cel_eval.c \
	analyzer/query/cel_function.c \
	analyzer/query/cel_join.c \
	analyzer/query/cel_lex.c \
	analyzer/query/cel_lib_convert.c \
	analyzer/query/cel_lib_format.c \
	analyzer/query/cel_lib_formats.c \
	analyzer/query/cel_lib_list.c \
	analyzer/query/cel_lib_math.c \
	analyzer/query/cel_lib_meshcase.c \
	analyzer/query/cel_lib_ports.c \
	analyzer/query/cel_lib_network.c \
	analyzer/query/cel_lib_nginx.c \
	analyzer/query/cel_lib_optional.c \
	analyzer/query/cel_lib_proxy.c \
	analyzer/query/cel_lib_quantity.c \
	analyzer/query/cel_lib_regex.c \
	analyzer/query/cel_lib_sets.c \
	analyzer/query/cel_lib_standard.c \
	analyzer/query/cel_lib_string.c \
	analyzer/query/cel_lib_url.c \
	analyzer/query/cel_lib_version.c \
	analyzer/query/cel_libraries.h \
	analyzer/query/cel_loop.c \
	analyzer/query/cel_net.c analyzer/query/cel_net.h \
	analyzer/query/cel_number.c analyzer/query/cel_number.h \
	analyzer/query/cel_operator.c \
	analyzer/query/cel_parse.c \
	analyzer/query/cel_reach.c analyzer/query/cel_reach.h \
	analyzer/query/cel_resolve.c \
	analyzer/query/cel_run.c analyzer/query/cel_run.h \
	analyzer/query/cel_time.c analyzer/query/cel_time.h \
	analyzer/query/cel_url.c analyzer/query/cel_url.h \
	analyzer/query/cel_zone.c \
	analyzer/query/finder.c analyzer/query/finder.h \
	analyzer/query/finder_hs.c analyzer/query/finder_hs.h \
	analyzer/query/log_groups.c analyzer/query/log_groups.h \
	analyzer/query/log_hits.c analyzer/query/log_hits.h \
	analyzer/query/log_patterns.c analyzer/query/log_patterns.h \
	analyzer/query/log_scan.c analyzer/query/log_scan.h \
	analyzer/query/log_spec.c analyzer/query/log_spec.h \
	analyzer/query/metric_labels.c analyzer/query/metric_labels.h \
	analyzer/query/metric_source.c analyzer/query/metric_source.h \
	analyzer/query/metric_store.c analyzer/query/metric_store.h \
	analyzer/query/pattern_words.c analyzer/query/pattern_words.h \
	analyzer/query/pattern_tree.c analyzer/query/pattern_tree.h \
	analyzer/query/promql.c analyzer/query/promql.h \
	analyzer/query/promql_aggregate.c \
	analyzer/query/promql_binary.c \
	analyzer/query/promql_check.c \
	analyzer/query/promql_duration.c \
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
	analyzer/query/regex_syntax.c analyzer/query/regex_syntax.h \
	analyzer/query/semver.c analyzer/query/semver.h \
	analyzer/query/shape.c analyzer/query/shape.h analyzer/query/shapes.def \
	analyzer/query/value.c analyzer/query/value.h \
	analyzer/query/value_equals.c \
	analyzer/query/value_text.c analyzer/query/value_text.h \
	analyzer/query/source.c analyzer/query/source.h \
	analyzer/query/source_captures.c \
	analyzer/query/source_cel.c \
	analyzer/query/source_check.c \
	analyzer/query/source_document.c \
	analyzer/query/source_fact.c \
	analyzer/query/source_k8s.c \
	analyzer/query/source_list.c \
	analyzer/query/source_metric.c \
	analyzer/query/source_logs.c \
	analyzer/query/source_private.h \
	analyzer/query/source_prometheus.c \
	analyzer/query/source_reach.c \
	analyzer/query/source_reader.c \
	analyzer/query/source_related.c \
	analyzer/query/source_tables.c \
	analyzer/query/sources.def \
	analyzer/query/word_finder.c analyzer/query/word_finder.h

QUERY_LIBS = analyzer/query/libquery.a $(MODEL_LIBS) $(PCRE2_LIBS) $(HYPERSCAN_LIBS)
