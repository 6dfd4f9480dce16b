/* SPDX-License-Identifier: Apache-2.0 */
/* secret_name.h -- whether a key, a variable or a header is named like something secret. */
#ifndef COLLECTOR_SECRET_NAME_H
#define COLLECTOR_SECRET_NAME_H

#include "base/str.h"

typedef enum {
    SECRET_NAME_NO,
    SECRET_NAME_WEAK,      /* "token", "secret": only with a value that looks like one */
    SECRET_NAME_STRONG,    /* "password", "api_key": whatever the value is */
} SecretName;

/* The words of a name are compared without case and without '_', '-' and '.'; the last words
 * decide, so DB_PASSWORD is secret and PASSWORD_FILE is not; digits at the end are no part. */
SecretName secret_name(Str name);
/* False where secret_name() would say no, mostly: by the last letter alone, for speed. */
bool secret_name_possible(Str name);

/* Whether a value is more than a word of prose: long, or letters and digits mixed. */
bool secret_value_likely(Str value);

#endif
