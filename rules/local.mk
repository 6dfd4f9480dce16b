# SPDX-License-Identifier: Apache-2.0
# rules/local.mk -- rule packs, installed below $(pkgdatadir)/rules with their tests left out.
nobase_dist_pkgdata_DATA = \
	rules/signatures.yaml \
	rules/istio-mixer/configuration.yaml \
	rules/istio-mixer/dispatch.yaml \
	rules/istio-mixer/pack.yaml \
	rules/istio-mixer/prometheus.yaml \
	rules/istio-mixer/report.yaml \
	rules/istio-security/citadel.yaml \
	rules/istio-security/mutual-tls.yaml \
	rules/istio-security/pack.yaml \
	rules/istio-traffic/http10.yaml \
	rules/istio-traffic/pack.yaml \
	rules/istio-traffic/pilot.yaml \
	rules/istio-traffic/ports.yaml \
	rules/istio-traffic/proxies.yaml \
	rules/istio-traffic/routes.yaml \
	rules/istio-traffic/routing.yaml \
	rules/istio-traffic/tracing.yaml

EXTRA_DIST += \
	rules/istio-mixer/tests/configuration-seen.yaml \
	rules/istio-mixer/tests/configuration.yaml \
	rules/istio-mixer/tests/dispatch.yaml \
	rules/istio-mixer/tests/prometheus.yaml \
	rules/istio-mixer/tests/report-0.5.yaml \
	rules/istio-mixer/tests/report-address.yaml \
	rules/istio-mixer/tests/report.yaml \
	rules/istio-security/tests/citadel.yaml \
	rules/istio-security/tests/mutual-tls.yaml \
	rules/istio-traffic/tests/http10.yaml \
	rules/istio-traffic/tests/large-mesh.yaml \
	rules/istio-traffic/tests/pilot.yaml \
	rules/istio-traffic/tests/ports.yaml \
	rules/istio-traffic/tests/proxies.yaml \
	rules/istio-traffic/tests/registration.yaml \
	rules/istio-traffic/tests/routes.yaml \
	rules/istio-traffic/tests/routing.yaml \
	rules/istio-traffic/tests/tracing.yaml

nobase_dist_pkgdata_DATA += \
	rules/kubernetes/apiserver.yaml \
	rules/kubernetes/control-plane.yaml \
	rules/kubernetes/injector.yaml \
	rules/kubernetes/pack.yaml \
	rules/kubernetes/sidecars.yaml

EXTRA_DIST += \
	rules/kubernetes/tests/apiserver.yaml \
	rules/kubernetes/tests/control-plane.yaml \
	rules/kubernetes/tests/injector.yaml \
	rules/kubernetes/tests/sidecars.yaml

nobase_dist_pkgdata_DATA += \
	rules/time/clocks.yaml \
	rules/time/pack.yaml

EXTRA_DIST += rules/time/tests/clocks.yaml

nobase_dist_pkgdata_DATA += \
	rules/limits/files.yaml \
	rules/limits/pack.yaml

EXTRA_DIST += rules/limits/tests/files.yaml

nobase_dist_pkgdata_DATA += \
	rules/istio-modern/istiod.yaml \
	rules/istio-modern/objects.yaml \
	rules/istio-modern/pack.yaml

EXTRA_DIST += rules/istio-modern/tests/istiod.yaml rules/istio-modern/tests/objects.yaml
