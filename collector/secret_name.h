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
/* "passwords": several of them. */
bool secret_name_is_plural(Str name);
/* "authorization": maps of that name configure it, mostly. */
bool secret_name_is_topic(Str name);
/* A file that holds a key or a store of keys, whatever it looks like: "tls.key". */
bool secret_file_name(Str name);
/* False where secret_name() would say no, mostly: by the last letter alone, for speed. */
bool secret_name_possible(Str name);

/* Whether a value is more than a word of prose: long, or letters and digits mixed. */
bool secret_value_likely(Str value);
/* Where a secret is, not what it is. */
bool secret_value_is_path(Str value);
/* Letters, joined or not. */
bool secret_value_is_word(Str value);

#endif
