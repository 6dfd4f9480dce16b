# SPDX-License-Identifier: Apache-2.0
"""traffic -- the calls of the Bookinfo application that logs and metrics of all components then agree on."""

from dataclasses import dataclass

from recording import digest, number_of, stamp

FIRST = -600          # seconds before the recording
EVERY = 15
BEFORE = 40           # page views in the first sample; the second has one more


@dataclass(frozen=True)
class Call:
    number: int
    at: float
    source: str        # application, or "ingressgateway"
    source_version: str
    target: str
    target_version: str
    path: str
    bytes: int
    ms: int
    agent: str

    @property
    def id(self):
        d = digest("request", self.number, self.target)
        return f"{d[:8]}-{d[8:12]}-9{d[13:16]}-a{d[17:20]}-{d[20:32]}"


def view(number):
    """The calls that one page view makes, callers first."""
    at = FIRST + number * EVERY + 0.117
    version = ("v1", "v2", "v3")[number % 3]
    jitter = number_of("ms", number) % 9
    browser, python = "curl/7.58.0", "python-requests/2.18.4"
    calls = [Call(number, at, "ingressgateway", "unknown", "productpage", "v1", "/productpage", 5723, 34 + jitter, browser),
             Call(number, at + 0.006, "productpage", "v1", "details", "v1", "/details/0", 178, 4 + jitter % 3, python),
             Call(number, at + 0.014, "productpage", "v1", "reviews", version, "/reviews/0",
                  {"v1": 295, "v2": 379, "v3": 375}[version], 11 + jitter, python)]
    if version != "v1":
        calls.append(Call(number, at + 0.018, "reviews", version, "ratings", "v1", "/ratings/0", 48, 2 + jitter % 2,
                          "Apache-CXF/3.1.11"))
    return calls


def calls(views=BEFORE):
    return [c for n in range(views) for c in view(n)]


def access_line(call, inbound, peer):
    """Envoy's access log of 2018.  peer is the upstream's address."""
    host = "192.0.2.17" if call.target == "productpage" else f"{call.target}:9080"
    upstream = "127.0.0.1:9080" if inbound else peer
    return (f'[{stamp(call.at, 3)}] "GET {call.path} HTTP/1.1" 200 - 0 {call.bytes} {call.ms + (0 if inbound else 1)} '
            f'{call.ms - 1 if inbound else call.ms} "-" "{call.agent}" "{call.id}" "{host}" "{upstream}"')
