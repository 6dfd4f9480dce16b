# SPDX-License-Identifier: Apache-2.0
"""remotecommand -- pods/exec."""

from . import api as kube


def serve(handler, target, query):
    raise kube.ApiError(400, "Upgrade request required")
