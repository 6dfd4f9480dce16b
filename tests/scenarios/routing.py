# SPDX-License-Identifier: Apache-2.0
"""routing -- route rules have no effect on my application, and Envoy won't connect to my HTTP/1.0 service."""

from overlay import Scenario
from words import access, clone, config, data, delete, endpoints, every, merge, ops, port, service

ROUTES = "route-rules-have-no-effect-on-my-application"
HTTP10 = "envoy-wont-connect-to-my-http10-service"
ALPHA1 = "config.istio.io/v1alpha2"


def renamed_port(name):
    """The only port of reviews gets another name, in its Service and its Endpoints."""
    return [ops("services/default/reviews", ("/spec/ports/0/name", name)),
            ops("endpoints/default/reviews", ("/subsets/0/ports/0/name", name))]


RULES = [
    Scenario("route-unnamed-port-0.8", "0.8", "the routed Service has one port without a name", [ROUTES], ["TRAF-101", "TRAF-103"],
             edits=renamed_port(None)),
    Scenario("route-unnamed-port-0.5", "0.5", "the routed Service has one port without a name", [ROUTES], ["TRAF-102", "TRAF-103"],
             edits=renamed_port(None)),
    Scenario("route-other-prefix-0.8", "0.8", "the routed port is called web", [ROUTES], ["TRAF-101", "TRAF-103"], edits=renamed_port("web")),
    Scenario("route-other-prefix-0.5", "0.5", "the routed port is called web", [ROUTES], ["TRAF-102", "TRAF-103"], edits=renamed_port("web")),
    Scenario("route-http-last-0.8", "0.8", "the routed port is called rest-http: the protocol does not come first",
             [ROUTES], ["TRAF-101", "TRAF-103"], edits=renamed_port("rest-http")),
    Scenario("route-without-dash-0.8", "0.8", "the routed port is called http9080", [ROUTES], ["TRAF-101", "TRAF-103"],
             edits=renamed_port("http9080")),
    Scenario("route-https-0.8", "0.8", "HTTP routes over a port that is called https", [ROUTES], ["TRAF-101"],
             edits=renamed_port("https")),
    Scenario("route-tcp-0.5", "0.5", "the routed port is called tcp-reviews", [ROUTES], ["TRAF-102"], edits=renamed_port("tcp-reviews")),
    Scenario("route-two-protocols-0.8", "0.8", "another Service calls the same port of the same pods tcp", [ROUTES], ["TRAF-104"],
             edits=[service("default", "ratings-raw", [port(9080, "tcp")], {"app": "ratings"}),
                    endpoints("default", "ratings-raw", [port(9080, "tcp")],
                              [("10.40.2.10", "worker-2", "ratings-v1-cjfjlkcmhj-9fsh5")])]),
    Scenario("route-undeclared-port-0.8", "0.8", "the container declares no port, the sidecar captures none", [ROUTES], ["TRAF-106"],
             edits=[ops("pods/default/ratings-v1-*", ("/spec/containers/0/ports", None),
                        ("/spec/initContainers/0/args/11", ""))]),
    Scenario("route-missing-subset-0.8", "0.8", "a VirtualService names a subset that its DestinationRule lacks", [ROUTES], ["TRAF-111"],
             edits=[ops("virtualservices/default/reviews", ("/spec/http/0/route/2/destination/subset", "v4"))]),
    Scenario("route-no-destination-rule-0.8", "0.8", "the DestinationRule of the routed host was deleted", [ROUTES], ["TRAF-111"],
             edits=delete("destinationrules/default/reviews")),
    Scenario("route-empty-subset-0.8", "0.8", "no pod has the labels of a subset", [ROUTES], ["TRAF-112"],
             edits=[ops("destinationrules/default/reviews", ("/spec/subsets/1/labels/version", "v2-canary"))]),
    Scenario("route-no-version-labels-0.8", "0.8", "the pods of a subset have lost their version label", [ROUTES], ["TRAF-112"],
             edits=[ops("pods/default/reviews-v3-*", ("/metadata/labels/version", None))]),
    Scenario("route-labels-of-no-pod-0.5", "0.5", "a RouteRule routes to labels that no pod has", [ROUTES], ["TRAF-113"],
             edits=[ops("routerules/default/reviews-default", ("/spec/route/1/labels/version", "v5"))]),
    Scenario("route-no-version-labels-0.5", "0.5", "the pods that a RouteRule means have lost their label", [ROUTES], ["TRAF-113"],
             edits=[ops("pods/default/ratings-v1-*", ("/metadata/labels/version", None))]),
    Scenario("route-old-kind-0.8", "0.8", "RouteRules, which proxyv2 does not know", [ROUTES], ["TRAF-120"],
             edits=[config("RouteRule", "reviews-test-v2", {
                 "destination": {"name": "reviews"}, "precedence": 2,
                 "match": {"request": {"headers": {"cookie": {"regex": "^(.*?;)?(user=jason)(;.*)?$"}}}},
                 "route": [{"labels": {"version": "v2"}}]}, version=ALPHA1)]),
    Scenario("route-unknown-host-0.8", "0.8", "a VirtualService routes to a host that nobody knows", [ROUTES], ["TRAF-111", "TRAF-114"],
             edits=[ops("virtualservices/default/ratings", ("/spec/http/0/route/0/destination/host", "rating"))]),
    Scenario("route-unknown-gateway-0.8", "0.8", "a VirtualService is bound to a Gateway that does not exist", [ROUTES], ["TRAF-115", "TRAF-117"],
             edits=[ops("virtualservices/default/bookinfo", ("/spec/gateways/0", "bookinfo-gw"))]),
    Scenario("route-no-gateway-0.8", "0.8", "the ingress VirtualService forgets its gateways", [ROUTES], ["TRAF-117"],
             edits=[ops("virtualservices/default/bookinfo", ("/spec/gateways", None), ("/spec/hosts/0", "productpage.example.com"))]),
    Scenario("route-gateway-other-host-0.8", "0.8", "the Gateway serves other hosts than its VirtualService", [ROUTES], ["TRAF-116"],
             edits=[ops("gateways/default/bookinfo-gateway", ("/spec/servers/0/hosts/0", "books.example.com")),
                    ops("virtualservices/default/bookinfo", ("/spec/hosts/0", "bookinfo.example.com"))]),
    Scenario("route-other-port-0.8", "0.8", "a route names the port of the pod, which the Service does not have", [ROUTES], ["TRAF-128"],
             edits=[ops("services/default/ratings", ("/spec/ports/0/port", 80)),
                    ops("virtualservices/default/ratings", ("/spec/http/0/route/0/destination/port", {"number": 9080}))]),
    Scenario("route-weights-0.8", "0.8", "the weights of a route are less than a hundred", [ROUTES], ["TRAF-129"],
             edits=[ops("virtualservices/default/reviews", ("/spec/http/0/route/0/weight", 10))]),
    Scenario("route-weights-0.5", "0.5", "the weights of a RouteRule are more than a hundred", [ROUTES], ["TRAF-129"],
             edits=[ops("routerules/default/reviews-default", ("/spec/route/0/weight", 67))]),
    Scenario("route-two-rules-0.8", "0.8", "a second DestinationRule for one host", [ROUTES], ["TRAF-130"],
             edits=[config("DestinationRule", "reviews-limits", {"host": "reviews.default.svc.cluster.local", "trafficPolicy": {
                 "connectionPool": {"tcp": {"maxConnections": 100}}}})]),
    Scenario("route-never-tried-0.8", "0.8", "the route for one user stands behind the one for all", [ROUTES], ["TRAF-131"],
             edits=[ops("virtualservices/default/reviews", ("/spec/http/-", {
                 "match": [{"headers": {"end-user": {"exact": "jason"}}}], "route": [{"destination": {"host": "reviews", "subset": "v2"}}]}))]),
    Scenario("route-no-service-0.8", "0.8", "a pod of the mesh has no Service", [ROUTES], ["TRAF-108"],
             edits=delete("services/default/ratings", "endpoints/default/ratings", "virtualservices/default/ratings", "destinationrules/default/ratings")),
    Scenario("route-no-service-0.5", "0.5", "a pod of the mesh has no Service", [ROUTES], ["TRAF-108"],
             edits=delete("services/default/ratings", "endpoints/default/ratings", "routerules/default/ratings-default")),
    Scenario("route-gateway-selects-nothing-0.8", "0.8", "the Gateway selects pods that do not exist", [ROUTES], ["TRAF-118"],
             edits=[ops("gateways/default/bookinfo-gateway", ("/spec/selector/istio", "ingress"))]),
]

NGINX = {
    "bare": """upstream backend { server reviews:9080; }
server {
  listen 8080;
  location /api/ {
    proxy_pass http://backend;
  }
}
""",
    "old": """server {
  listen 8080;
  location / {
    proxy_http_version 1.0;
    proxy_pass http://reviews:9080;
  }
}
""",
    "half": """server {
  listen 8080;
  location /one/ { proxy_pass http://reviews:9080; proxy_http_version 1.1; proxy_set_header Connection ""; }
  location /two/ { proxy_pass http://ratings:9080; }
}
""",
    "good": """http {
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  server {
    listen 8080;
    location / { proxy_pass http://reviews:9080; }
  }
}
""",
}


def nginx(form, key="default.conf"):
    """An NGINX with a sidecar whose configuration is in a ConfigMap."""
    return [{"add": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "edge-nginx", "namespace": "default"},
                     "data": {key: NGINX[form]}}},
            ops("pods/default/productpage-v1-*", ("/spec/containers/0/image", "nginx:1.13"),
                ("/spec/volumes/-", {"name": "conf", "configMap": {"name": "edge-nginx"}}),
                ("/spec/containers/0/volumeMounts", [{"name": "conf", "mountPath": "/etc/nginx/conf.d"}]))]


def refused(at):
    return access(at, "GET /reviews/0 HTTP/1.0", 426, agent="-")


OLD_HTTP = [
    Scenario("http10-refused-0.8", "0.8", "Envoy answers HTTP/1.0 with 426", [HTTP10], ["HTTP-101"],
             logs=[("default/reviews-v1-*", "istio-proxy", every(20, -580, -10, refused))]),
    Scenario("http10-refused-0.5", "0.5", "Envoy answers HTTP/1.0 with 426", [HTTP10], ["HTTP-101"],
             logs=[("default/reviews-v1-*", "istio-proxy", every(20, -580, -10, refused))]),
    Scenario("http10-refused-once-0.8", "0.8", "one request of HTTP/1.0 at the ingress gateway", [HTTP10], ["HTTP-101"],
             logs=[("istio-system/istio-ingressgateway-*", "ingressgateway", [refused(-200)])]),
    Scenario("http10-nginx-default-0.8", "0.8", "an NGINX forwards with its default, HTTP/1.0", [HTTP10], ["HTTP-102"],
             edits=nginx("bare")),
    Scenario("http10-nginx-default-0.5", "0.5", "an NGINX forwards with its default, HTTP/1.0", [HTTP10], ["HTTP-102"],
             edits=nginx("bare", "nginx.conf")),
    Scenario("http10-nginx-explicit-0.8", "0.8", "an NGINX is told to forward with HTTP/1.0", [HTTP10], ["HTTP-102"],
             edits=nginx("old")),
    Scenario("http10-nginx-half-0.8", "0.8", "one of two locations of an NGINX forwards with HTTP/1.0", [HTTP10], ["HTTP-102"],
             edits=nginx("half")),
]

SCENARIOS = RULES + OLD_HTTP
