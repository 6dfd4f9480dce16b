# SPDX-License-Identifier: Apache-2.0
"""A recorded Kubernetes cluster, served over HTTP to real clients."""
