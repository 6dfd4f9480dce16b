/* SPDX-License-Identifier: Apache-2.0 */
/* secret_name.c -- the table of words, and how a name is read against it. */
#include "collector/secret_name.h"

#include <ctype.h>
#include <string.h>

enum { NAME_BYTES = 64 };

static const char *const STRONG[] = {
    "password",         "passwd",       "pwd",          "passphrase",       "apikey",
    "privatekey",       "clientsecret", "secretkey",    "accesskey",        "secretaccesskey",
    "authorization",    "accesstoken",  "refreshtoken", "idtoken",          "bearertoken",
    "authtoken",        "sessiontoken", "cookie",       "setcookie",        "encryptionkey",
    "signingkey",       "sharedkey",    "masterkey",    "accountkey",       "signature",
    "tokensecretvalue", "bindpw",       "rootpw",       "sslkeypassword",   "amzsignature",
    "clientkeydata",    "amzsecuritytoken", "privatetoken", "xauthtoken",   "dockerconfigjson", NULL,
};
static const char *const WEAK[] = {
    "token", "secret",   "credential", "credentials", "auth",
    "pass",  "apitoken", "sig",        "creds",       "pat", NULL,
};
/* Names that end like a secret and never hold one. */
static const char *const PUBLIC[] = {
    "continuetoken", "nextpagetoken", "proxypass", "bypass", "tokenauth", "basicauth", NULL,
};

static bool
ends_with_one_of(Str flat, const char *const *words)
{
    for (; *words; words++)
        if (str_ends(flat, str_of(*words)))
            return true;
    return false;
}

static bool
is_one_of(Str flat, const char *const *words)
{
    for (; *words; words++)
        if (str_is(flat, *words))
            return true;
    return false;
}

/* The last word of a name: "auth" counts in "redis_auth" and not in "oauth". */
static bool
last_word_is_one_of(Str name, const char *const *words)
{
    size_t begin = name.n;
    while (begin > 0 && isalnum((unsigned char)name.p[begin - 1]) &&
           !(begin < name.n && isupper((unsigned char)name.p[begin]) &&
             islower((unsigned char)name.p[begin - 1])))
        begin--;
    char flat[NAME_BYTES];
    size_t n = 0;
    for (size_t i = begin; i < name.n && n < sizeof flat; i++)
        flat[n++] = (char)tolower((unsigned char)name.p[i]);
    return is_one_of((Str){flat, n}, words);
}

static Str
without_digits(Str name)
{
    while (name.n > 0 && isdigit((unsigned char)name.p[name.n - 1]))
        name.n--;
    return name;
}

bool
secret_name_possible(Str name)
{
    name = without_digits(name);
    return name.n >= 3 && strchr("aAdDeEgGhHlLnNsStTwWyY", name.p[name.n - 1]);
}

SecretName
secret_name(Str name)
{
    char bytes[NAME_BYTES];
    size_t n = 0;
    name = without_digits(name);
    name = str_from(name, name.n > NAME_BYTES ? name.n - NAME_BYTES : 0);
    for (size_t i = 0; i < name.n; i++)
        if (isalnum((unsigned char)name.p[i]))
            bytes[n++] = (char)tolower((unsigned char)name.p[i]);
    Str flat = {bytes, n};
    if (n == 0 || is_one_of(flat, PUBLIC))
        return SECRET_NAME_NO;
    if (ends_with_one_of(flat, STRONG))
        return SECRET_NAME_STRONG;
    return last_word_is_one_of(name, WEAK) ? SECRET_NAME_WEAK : SECRET_NAME_NO;
}

bool
secret_value_likely(Str value)
{
    bool digit = false;
    bool letter = false;
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        if (c == ' ' || c == '/' || c == '\\')
            return false;
        digit |= isdigit(c) != 0;
        letter |= isalpha(c) != 0;
    }
    return value.n >= 20 || (value.n >= 8 && digit && letter);
}
