/* SPDX-License-Identifier: Apache-2.0 */
/* credentials.h -- what kubectl logs in with, so that it is removed from what is collected. */
#ifndef COLLECTOR_CREDENTIALS_H
#define COLLECTOR_CREDENTIALS_H

#include "collector/kube.h"
#include "collector/redact.h"

/* Tells the redactor every secret of the kubeconfig's context in use, and the token of the
 * service account inside a cluster.  What cannot be read is not known: no error. */
void credentials_learn(const Kube *kube, Redactor *redactor);

#endif
