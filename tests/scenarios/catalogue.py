# SPDX-License-Identifier: Apache-2.0
"""catalogue -- all scenarios."""

import clocks
import healthy
import injection
import metrics_flow
import missing
import proxies
import routing
import running
import several
import signatures

PARTS = (healthy, metrics_flow, routing, proxies, clocks, injection, running, signatures, several, missing)
SCENARIOS = [scenario for part in PARTS for scenario in part.SCENARIOS]


def named(name):
    return next(s for s in SCENARIOS if s.name == name)
