/* SPDX-License-Identifier: Apache-2.0 */
/* secret_name.c -- the table of words, and how a name is read against it. */
#include "collector/secret_name.h"

#include <ctype.h>
#include <string.h>

enum { NAME_BYTES = 64 };

#define W(word) STR_INIT(word)

/* Names end in these words, run together. */
static const Str STRONG[] = {
    W("password"), W("passwd"), W("passwort"), W("pwd"), W("passphrase"), W("passcode"),
    W("passkey"), W("apikey"), W("appkey"), W("privatekey"), W("clientsecret"), W("secretkey"),
    W("accesskey"), W("secretaccesskey"), W("authorization"), W("accesstoken"), W("refreshtoken"),
    W("idtoken"), W("bearertoken"), W("authtoken"), W("sessiontoken"), W("csrftoken"),
    W("xsrftoken"), W("oauthtoken"), W("sastoken"), W("bottoken"), W("vaulttoken"), W("cookie"),
    W("setcookie"), W("jsessionid"), W("phpsessid"), W("sessionid"), W("encryptionkey"),
    W("signingkey"), W("sharedkey"), W("masterkey"), W("accountkey"), W("storagekey"),
    W("hmackey"), W("aeskey"), W("unsealkey"), W("deploykey"), W("sshkey"), W("licensekey"),
    W("signature"), W("tokensecret"), W("bindpw"), W("rootpw"), W("dbpw"), W("secretkeybase"),
    W("amzsignature"), W("clientkeydata"), W("amzsecuritytoken"), W("privatetoken"),
    W("xauthtoken"), W("dockerconfigjson"), W("dockercfg"), W("connectionstring"), W("connstring"),
    W("samlresponse"), W("apisecret"), W("appsecret"), W("consumersecret"), W("sharedsecret"),
    W("jwtsecret"), W("cookiesecret"), W("webhooksecret"), W("credentialsjson"),
    W("sharedaccesssignature"), {0},
};
/* Names whose last word is one of these. */
static const Str WEAK[] = {
    W("token"), W("secret"), W("credential"), W("credentials"),
    W("auth"), W("pass"), W("apitoken"), W("sig"), W("creds"), W("pat"), W("jwt"), W("bearer"),
    W("pw"), W("otp"), W("passwords"), W("psk"), W("dsn"), {0},
};
/* Names that end like a secret and never hold one. */
static const Str PUBLIC[] = {
    W("continuetoken"), W("nextpagetoken"), W("proxypass"), W("tokenauth"), W("basicauth"),
    W("imagepullsecrets"), {0},
};
/* Words behind a name that say how its value is written, or which of several it is. */
static const Str NOISE[] = {
    W("value"), W("val"), W("base64"), W("b64"), W("base"), W("b"), W("encoded"), W("plain"),
    W("plaintext"), W("raw"), W("string"), W("old"), W("new"), W("current"), W("previous"),
    W("prod"), W("staging"), {0},
};

/* The last three letters of any word above: most names have others, and are done with. */
static uint32_t endings[26 * 26 * 26 / 32 + 1];
static const Str *const LISTS[] = {STRONG, WEAK, NOISE};

static int
ending_of(Str name)
{
    int code = 0;
    if (name.n < 3)
        return -1;
    for (size_t i = name.n - 3; i < name.n; i++) {
        int letter = tolower((unsigned char)name.p[i]) - 'a';
        if (letter < 0 || letter >= 26)
            return -1;
        code = code * 26 + letter;
    }
    return code;
}

static void
fill_endings(void)
{
    static bool filled;
    if (filled)
        return;
    filled = true;
    for (int code = ending_of(STR("apw")); code < 26 * 26 * 26; code += 26 * 26)
        endings[code / 32] |= 1u << code % 32;             /* "adminPw" */
    for (size_t l = 0; l < sizeof LISTS / sizeof *LISTS; l++)
        for (const Str *word = LISTS[l]; word->n; word++) {
            int code = ending_of(*word);
            if (code >= 0)
                endings[code / 32] |= 1u << code % 32;
        }
}

static bool
is_one_of(Str flat, const Str *words)
{
    for (; words->n; words++)
        if (flat.n == words->n && flat.p[0] == words->p[0] && str_eq(flat, *words))
            return true;
    return false;
}

static bool
ends_with_one_of(Str flat, const Str *words)
{
    for (; words->n; words++)
        if (flat.n >= words->n && flat.p[flat.n - words->n] == words->p[0] && str_ends(flat, *words))
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
    int code = ending_of(name);
    fill_endings();
    if (name.n < 2)
        return false;
    if (code >= 0 && (endings[code / 32] >> code % 32 & 1))
        return true;
    char last = (char)tolower((unsigned char)name.p[name.n - 1]);
    return last == 'b' || (code < 0 && last == 'w');       /* "passwordB64", "x_pw" */
}

SecretName
secret_name(Str name)
{
    char bytes[NAME_BYTES];
    char word[NAME_BYTES];
    if (!secret_name_possible(name))
        return SECRET_NAME_NO;
    name = without_digits(name);
    for (int i = 0; i < 3; i++) {
        size_t begin = last_word(name);
        if (begin == 0 || !is_one_of(flatten(str_from(name, begin), word), NOISE))
            break;
        name = without_digits(str_head(name, begin));
    }
    Str flat = flatten(name, bytes);
    if (flat.n == 0 || is_one_of(flat, PUBLIC) || str_starts(flat, STR("checksum")))
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
