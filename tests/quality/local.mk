# SPDX-License-Identifier: Apache-2.0
# tests/quality/local.mk -- what is measured of the code itself; each ends with its figure.  Minutes each, and
# each installs the tools that it needs.
EXTRA_DIST += tests/quality/known.txt tests/quality/valgrind.supp
dist_check_SCRIPTS += \
	tests/quality/coverage \
	tests/quality/dist \
	tests/quality/sbom \
	tests/quality/static \
	tests/quality/threads \
	tests/quality/valgrind
check-coverage check-dist check-static check-threads check-valgrind:
	@'$(srcdir)/tests/quality/$(@:check-%=%)'
sbom:
	@'$(srcdir)/tests/quality/sbom'
.PHONY: check-coverage check-dist check-static check-threads check-valgrind sbom
