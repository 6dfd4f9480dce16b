/* SPDX-License-Identifier: Apache-2.0 */
/* identity.h -- pseudonyms for whom and what a bundle is about (--redact identity).
 *
 * The same name gets the same pseudonym everywhere in a bundle, so that what belonged
 * together still does.  Another bundle has another random key and shows no link, unless both
 * were made with the same --pseudonym-key.
 *
 *   addresses   keep their family, their class (private, public) and their common prefixes:
 *               two addresses that agree in n bits have pseudonyms that do, so a pod is still
 *               in its CIDR.  Loopback, link-local, multicast, unspecified ones and masks stay.
 *   host names  keep their last label; each other label becomes "h" and 12 hex digits of
 *               HMAC-SHA-256 (48 bits).  Names of the cluster's own domain, of Kubernetes' and
 *               Istio's API groups and of public registries stay (identity_hosts.def).
 *   e-mails     "u" and 12 digits for the person, the rest as a host name
 *   users       the same, where a key says "user"; Kubernetes' own (system:...) stay
 *
 * Names of Kubernetes objects stay: findings are about them. */
#ifndef COLLECTOR_IDENTITY_H
#define COLLECTOR_IDENTITY_H

#include "base/buf.h"

typedef struct Pseudonyms Pseudonyms;

/* key: what a key file holds; empty: a random one.  NULL when out of memory, or out of
 * randomness. */
Pseudonyms *pseudonyms_new(Str key);
Pseudonyms *pseudonyms_free(Pseudonyms *pseudonyms);     /* wiped; NULL in, NULL out */

/* Appends the text with pseudonyms; true where anything changed. */
bool identity_text(const Pseudonyms *pseudonyms, Str text, Buf *out);
/* The same in place. */
bool identity_replace(const Pseudonyms *pseudonyms, Buf *text);
/* Appends the pseudonym of a user; false, and nothing, where the name stays, or is an address
 * that identity_text() will see. */
bool identity_user(const Pseudonyms *pseudonyms, Str name, Buf *out);
/* The pseudonym of an address of 4 or 16 bytes, in place. */
void identity_address(const Pseudonyms *pseudonyms, unsigned char *address, unsigned bytes);

/* Over a text that comes in pieces: as identity_text() over the whole of it. */
typedef Status IdentitySink(void *context, const char *bytes, size_t n, Err *err);
typedef struct {
    const Pseudonyms *pseudonyms;     /* NULL: everything passes as it is */
    IdentitySink *sink;
    void *context;
    Buf held;
    Buf out;
    size_t before;                    /* bytes of held that are done */
} IdentityScan;
void identity_scan_init(IdentityScan *scan, const Pseudonyms *pseudonyms, IdentitySink *sink,
                        void *context);
NODISCARD Status identity_scan_feed(IdentityScan *scan, const char *bytes, size_t n, Err *err);
NODISCARD Status identity_scan_end(IdentityScan *scan, Err *err);
void identity_scan_done(IdentityScan *scan);

#endif
