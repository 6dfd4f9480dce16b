/* SPDX-License-Identifier: Apache-2.0 */
/* chase.h -- a few more requests to a clock that tells whole seconds, each aimed at the change
 * of its second, so that every one halves what is not known.
 *
 * The API server's clock is chased until it is known well.  The clocks of pods are chased while
 * the second samples of metrics are waited for, or other things are asked, so that this costs no
 * time of its own; those of the control plane, and of one other pod on each node. */
#ifndef COLLECTOR_CHASE_H
#define COLLECTOR_CHASE_H

#include "collector/run.h"

void chase_apiserver(Run *run);
/* After an answer of that pod's port which had a Date of its own; a reading is taken from it. */
void chase_pod(Run *run, const Pod *pod, bool of_control_plane, uint16_t port,
               const Answer *answer);
/* Watches the nodes' leases for a while: each renewal is stamped by the kubelet's clock. */
void chase_leases(Run *run);

#endif
