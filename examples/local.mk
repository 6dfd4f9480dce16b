# SPDX-License-Identifier: Apache-2.0
# %D%/local.mk -- what examples/ adds to the build.
nobase_dist_doc_DATA += \
	examples/README.md \
	examples/bug-report.md \
	examples/ci/github-actions.yaml \
	examples/overlay.yaml \
	examples/rules/pack.yaml \
	examples/rules/shop.yaml \
	examples/rules/tests/shop.yaml \
	examples/in-cluster/Containerfile \
	examples/in-cluster/README.md \
	examples/in-cluster/collect-and-wait \
	examples/in-cluster/job.yaml \
	examples/in-cluster/rbac-exec.yaml \
	examples/in-cluster/rbac-logs.yaml \
	examples/in-cluster/rbac-metrics.yaml \
	examples/in-cluster/rbac-secret-names.yaml \
	examples/in-cluster/rbac.yaml
