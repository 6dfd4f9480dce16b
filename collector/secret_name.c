/* SPDX-License-Identifier: Apache-2.0 */
/* secret_name.c -- the table of words, and how a name is read against it. */
#include "collector/secret_name.h"

#include <ctype.h>
#include <string.h>

enum { NAME_BYTES = 64 };

/* Names end in these words, run together. */
static const char *const STRONG[] = {
    "password",       "passwd",         "passwort",       "pwd",             "passphrase",
    "passcode",       "passkey",        "apikey",         "appkey",          "privatekey",
    "clientsecret",   "secretkey",      "accesskey",      "secretaccesskey", "authorization",
    "accesstoken",    "refreshtoken",   "idtoken",        "bearertoken",     "authtoken",
    "sessiontoken",   "csrftoken",      "xsrftoken",      "oauthtoken",      "sastoken",
    "bottoken",       "vaulttoken",     "cookie",         "setcookie",       "jsessionid",
    "phpsessid",      "sessionid",      "encryptionkey",  "signingkey",      "sharedkey",
    "masterkey",      "accountkey",     "storagekey",     "hmackey",         "aeskey",
    "unsealkey",      "deploykey",      "sshkey",         "licensekey",      "signature",
    "tokensecret",    "bindpw",         "rootpw",         "dbpw",            "secretkeybase",
    "amzsignature",   "clientkeydata",  "amzsecuritytoken", "privatetoken",  "xauthtoken",
    "dockerconfigjson", "dockercfg",    "connectionstring", "connstring",    "samlresponse",
    "apisecret",      "appsecret",      "consumersecret", "sharedsecret",    "jwtsecret",
    "cookiesecret",   "webhooksecret",  "credentialsjson", "sharedaccesssignature", NULL,
};
/* Names whose last word is one of these. */
static const char *const WEAK[] = {
    "token",   "tokens", "secret", "secrets", "credential", "credentials", "auth", "pass",
    "apitoken", "sig",   "creds",  "pat",     "jwt",        "bearer",      "pw",   "otp",
    "passwords", "psk",  "dsn",    NULL,
};
/* Names that end like a secret and never hold one. */
static const char *const PUBLIC[] = {
    "continuetoken", "nextpagetoken", "proxypass", "tokenauth", "basicauth", "imagepullsecrets", NULL,
};
/* Words behind a name that say how its value is written, or which of several it is. */
static const char *const NOISE[] = {
    "value",   "val", "base64",  "b64",      "base", "b",      "encoded", "plain", "plaintext", "raw",
    "string", "old",      "new",  "current", "previous", "prod", "staging", NULL,
};

static bool
is_one_of(Str flat, const char *const *words)
{
    for (; *words; words++)
        if (str_is(flat, *words))
            return true;
    return false;
}

static bool
ends_with_one_of(Str flat, const char *const *words)
{
    for (; *words; words++)
        if (str_ends(flat, str_of(*words)))
            return true;
    return false;
}

static Str
without_digits(Str name)
{
    while (name.n > 0 && (isdigit((unsigned char)name.p[name.n - 1]) ||
                          strchr("_-.", name.p[name.n - 1])))
        name.n--;
    return name;
}

/* Where the last word begins: "auth" is one in "redis_auth" and "redisAuth", not in "oauth". */
static size_t
last_word(Str name)
{
    size_t begin = name.n;
    while (begin > 0 && isalnum((unsigned char)name.p[begin - 1]) &&
           !(begin < name.n && isupper((unsigned char)name.p[begin]) &&
             islower((unsigned char)name.p[begin - 1])))
        begin--;
    return begin;
}

/* Its letters and digits in lower case. */
static Str
flatten(Str name, char out[NAME_BYTES])
{
    size_t n = 0;
    name = str_from(name, name.n > NAME_BYTES ? name.n - NAME_BYTES : 0);
    for (size_t i = 0; i < name.n; i++)
        if (isalnum((unsigned char)name.p[i]))
            out[n++] = (char)tolower((unsigned char)name.p[i]);
    return (Str){out, n};
}

bool
secret_name_possible(Str name)
{
    name = without_digits(name);
    return name.n >= 2 && strchr("aAbBdDeEgGhHkKlLnNsStTwWyY", name.p[name.n - 1]);
}

SecretName
secret_name(Str name)
{
    char bytes[NAME_BYTES];
    char word[NAME_BYTES];
    name = without_digits(name);
    for (int i = 0; i < 3; i++) {
        size_t begin = last_word(name);
        if (begin == 0 || !is_one_of(flatten(str_from(name, begin), word), NOISE))
            break;
        name = without_digits(str_head(name, begin));
    }
    Str flat = flatten(name, bytes);
    if (flat.n == 0 || is_one_of(flat, PUBLIC))
        return SECRET_NAME_NO;
    if (ends_with_one_of(flat, STRONG))
        return SECRET_NAME_STRONG;
    size_t begin = last_word(name);
    Str last = flatten(str_from(name, begin), word);
    if (!is_one_of(last, WEAK))
        return SECRET_NAME_NO;
    /* "DB_PASS" is a password, "PASS" the end of a test. */
    return str_is(last, "pass") && without_digits(str_head(name, begin)).n > 0 ? SECRET_NAME_STRONG
                                                                              : SECRET_NAME_WEAK;
}

/* Letters of both cases and digits: base64, even with a slash in it. */
static bool
is_scrambled(Str value, bool lower, bool upper, bool digit)
{
    size_t at;
    return value.n >= 16 && lower && upper && digit && value.p[0] != '/' &&
           !str_find(value, STR("//"), &at);
}

bool
secret_value_likely(Str value)
{
    bool digit = false;
    bool lower = false;
    bool upper = false;
    bool slash = false;
    bool joint = false;
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        if (c <= ' ' || c == '\\')
            return false;
        slash |= c == '/';
        joint |= strchr("-_.:", c) != NULL;
        digit |= isdigit(c) != 0;
        lower |= islower(c) != 0;
        upper |= isupper(c) != 0;
    }
    if (slash)
        return is_scrambled(value, lower, upper, digit);
    if (value.n >= 20)
        return digit || (lower && upper) || !joint;
    return value.n >= 8 && digit && (lower || upper);
}
