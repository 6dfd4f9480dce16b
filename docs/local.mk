# SPDX-License-Identifier: Apache-2.0
# %D%/local.mk -- what docs/ adds to the build.
dist_doc_DATA += docs/facts.md
dist_doc_DATA += docs/plan.md
dist_doc_DATA += docs/rule-language.md
dist_doc_DATA += docs/architecture.md
