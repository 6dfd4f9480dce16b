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

# What the tutorial shows is what the programs say.
dist_check_SCRIPTS += tests/cli/tutorial.sh
TESTS += tests/cli/tutorial.sh
EXTRA_DIST += tests/cli/tutorial.py

# Manual pages are made of the option tables that the programs parse with.
man1_MANS = meshcase.1 meshcase-analyze.1 meshcase-bundle.1 meshcase-collect.1 meshcase-rules.1
$(man1_MANS): $(bin_PROGRAMS)
	$(AM_V_GEN)./$(@:.1=)$(EXEEXT) --man >$@.tmp && mv $@.tmp $@
CLEANFILES += $(man1_MANS)
