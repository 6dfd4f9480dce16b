# SPDX-License-Identifier: Apache-2.0
"""scenarios -- the clusters that are made: name and the function that gives its files."""

import broken08
import istio05
import istio08
import logs08
import pages08
from recording import RECORDED_AT, Recording


def healthy08():
    """The recording itself, for overlays that need to name its parts."""
    rec = Recording({"description": "Istio 0.8.0 demo installation with Bookinfo on Kubernetes 1.10, all well",
                     "recorded_at": RECORDED_AT})
    istio08.objects(rec)
    logs08.write(rec)
    pages08.write(rec)
    return rec


SCENARIOS = {
    "bookinfo-healthy": lambda: healthy08().tree(),
    "bookinfo-broken": lambda: broken08.overlay(healthy08()),
    "bookinfo-0.5": lambda: istio05.healthy().tree(),
    "bookinfo-0.5-broken": lambda: istio05.broken(istio05.healthy()),
}
