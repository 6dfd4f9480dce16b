# SPDX-License-Identifier: Apache-2.0
# dispatch/local.mk -- `meshcase`, which runs the others, and kubectl's plugin.
bin_PROGRAMS += meshcase
meshcase_SOURCES = dispatch/main.c dispatch/programs.def
meshcase_LDADD = $(PROGRAM_LIBS)

# Completion of `kubectl meshcase`, which kubectl looks for in PATH.
dist_bin_SCRIPTS += dispatch/kubectl_complete-meshcase

install-exec-hook:
	cd '$(DESTDIR)$(bindir)' && rm -f kubectl-meshcase && $(LN_S) meshcase$(EXEEXT) kubectl-meshcase
uninstall-hook:
	rm -f '$(DESTDIR)$(bindir)/kubectl-meshcase'

dist_check_SCRIPTS += tests/cli/dispatch.sh
TESTS += tests/cli/dispatch.sh
