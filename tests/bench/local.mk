# SPDX-License-Identifier: Apache-2.0
# tests/bench/local.mk -- measurements: make bench prints ratios, and fails for no figure.
#
#     make bench                                 all of it: a quarter of an hour
#     make bench BENCH_FLAGS='--scale 0.05 metrics'    see tests/bench/run --help
MEASUREMENTS = tests/bench/join tests/bench/redact
EXTRA_PROGRAMS += $(MEASUREMENTS)
tests_bench_join_LDADD = $(QUERY_LIBS)
tests_bench_redact_LDADD = $(COLLECTOR_LIBS)

# The bundle to measure with, and rules over it.
EXTRA_PROGRAMS += tests/bench/generate/generate
tests_bench_generate_generate_SOURCES = \
	tests/bench/generate/generate.h \
	tests/bench/generate/logs.c \
	tests/bench/generate/main.c \
	tests/bench/generate/metrics.c \
	tests/bench/generate/objects.c \
	tests/bench/generate/rules.c \
	tests/bench/generate/sink.c \
	tests/bench/generate/world.c
tests_bench_generate_generate_LDADD = analyzer/text/libtext.a $(BUNDLE_LIBS)
CLEANFILES += $(EXTRA_PROGRAMS)
EXTRA_DIST += tests/bench/run tests/bench/collect

BENCH_FLAGS =
bench: all $(MEASUREMENTS) tests/bench/generate/generate tests/lib/mkbundle
	@for program in $(MEASUREMENTS); do ./$$program || exit 1; done
	@'$(srcdir)/tests/bench/run' --build . $(BENCH_FLAGS)
.PHONY: bench

# The collector in a large cluster: memory, pace, what it writes and whom it speaks to; a few minutes.
bench-collect: all
	@'$(srcdir)/tests/bench/collect' .
.PHONY: bench-collect
