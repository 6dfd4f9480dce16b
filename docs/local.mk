# SPDX-License-Identifier: Apache-2.0
# %D%/local.mk -- what docs/ adds to the build.
dist_doc_DATA += docs/facts.md
dist_doc_DATA += docs/guide-coverage.md
dist_doc_DATA += docs/plan.md
dist_doc_DATA += docs/threats.md
dist_doc_DATA += docs/reports.md
dist_doc_DATA += docs/rule-language.md
dist_doc_DATA += docs/architecture.md
dist_doc_DATA += docs/redaction.md
dist_doc_DATA += docs/performance.md
dist_doc_DATA += docs/tutorial.md

# Schemas where programs and editors find them, not packed as documents are.  Those of the files
# that people write are printed by the program that reads them.
schemasdir = $(pkgdatadir)/schemas
dist_schemas_DATA = docs/manifest.schema.json docs/report.schema.json
schemas_DATA = rules.schema.json overlay.schema.json pack.schema.json tests.schema.json
$(schemas_DATA): meshcase-rules$(EXEEXT)
	$(AM_V_GEN)./meshcase-rules$(EXEEXT) schema --of=$(@:.schema.json=) >$@.tmp && mv $@.tmp $@
CLEANFILES += $(schemas_DATA)

dist_check_SCRIPTS += tests/cli/install.sh
TESTS += tests/cli/install.sh

# What the tutorial shows is what the programs say.
dist_check_SCRIPTS += tests/cli/tutorial.sh
TESTS += tests/cli/tutorial.sh
EXTRA_DIST += tests/cli/tutorial.py

# Manual pages are made of the option tables that the programs parse with.
man1_MANS = meshcase.1 meshcase-analyze.1 meshcase-bundle.1 meshcase-collect.1 meshcase-rules.1
$(man1_MANS): $(bin_PROGRAMS)
	$(AM_V_GEN)./$(@:.1=)$(EXEEXT) --man >$@.tmp && mv $@.tmp $@
CLEANFILES += $(man1_MANS)

# So are the completions, each under the name by which its shell looks for it.
bashcompdir = $(datadir)/bash-completion/completions
zshcompdir = $(datadir)/zsh/site-functions
fishcompdir = $(datadir)/fish/vendor_completions.d
COMPLETED = $(man1_MANS:.1=)
completions.stamp: $(bin_PROGRAMS)
	$(AM_V_GEN)rm -rf completions && $(MKDIR_P) completions/bash completions/zsh completions/fish && \
	for program in $(COMPLETED); do \
	  ./$$program$(EXEEXT) --completion bash >completions/bash/$$program && \
	  ./$$program$(EXEEXT) --completion zsh >completions/zsh/_$$program && \
	  ./$$program$(EXEEXT) --completion fish >completions/fish/$$program.fish || exit 1; \
	done && echo made >$@
all-local: completions.stamp
install-data-local: completions.stamp
	$(MKDIR_P) '$(DESTDIR)$(bashcompdir)' '$(DESTDIR)$(zshcompdir)' '$(DESTDIR)$(fishcompdir)'
	$(INSTALL_DATA) completions/bash/* '$(DESTDIR)$(bashcompdir)'
	$(INSTALL_DATA) completions/zsh/* '$(DESTDIR)$(zshcompdir)'
	$(INSTALL_DATA) completions/fish/* '$(DESTDIR)$(fishcompdir)'
uninstall-local:
	for program in $(COMPLETED); do \
	  rm -f '$(DESTDIR)$(bashcompdir)'/$$program '$(DESTDIR)$(zshcompdir)'/_$$program \
	    '$(DESTDIR)$(fishcompdir)'/$$program.fish; \
	done
CLEANFILES += completions.stamp
clean-local:
	rm -rf completions

# A package for Debian, built from a distribution, looked at by lintian, installed, tried and purged: needs root.
EXTRA_DIST += \
	debian/changelog \
	debian/control \
	debian/copyright \
	debian/links \
	debian/rules \
	debian/source/format
dist_check_SCRIPTS += tests/deb.sh
check-deb: all
	@$(AM_TESTS_ENVIRONMENT) $(srcdir)/tests/deb.sh
.PHONY: check-deb
