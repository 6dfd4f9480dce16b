# SPDX-License-Identifier: Apache-2.0
# rules/local.mk -- rule packs, installed below $(pkgdatadir)/rules with their tests left out.
nobase_dist_pkgdata_DATA = \
	rules/istio-mixer/configuration.yaml \
	rules/istio-mixer/dispatch.yaml \
	rules/istio-mixer/pack.yaml \
	rules/istio-mixer/prometheus.yaml \
	rules/istio-mixer/report.yaml

EXTRA_DIST += \
	rules/istio-mixer/tests/configuration-seen.yaml \
	rules/istio-mixer/tests/configuration.yaml \
	rules/istio-mixer/tests/dispatch.yaml \
	rules/istio-mixer/tests/prometheus.yaml \
	rules/istio-mixer/tests/report-0.5.yaml \
	rules/istio-mixer/tests/report.yaml
