# SPDX-License-Identifier: Apache-2.0
# tests/bench/local.mk -- measurements: make bench prints ratios, and fails for no figure.
MEASUREMENTS = tests/bench/join
EXTRA_PROGRAMS += $(MEASUREMENTS)
tests_bench_join_LDADD = $(QUERY_LIBS)
CLEANFILES += $(MEASUREMENTS)

bench: $(MEASUREMENTS)
	@for program in $(MEASUREMENTS); do ./$$program || exit 1; done
.PHONY: bench
