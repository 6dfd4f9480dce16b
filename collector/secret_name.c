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
    W("sharedaccesssignature"), W("identitytoken"), W("registrytoken"), W("sessionkey"),
    W("requirepass"), W("masterauth"), W("masterpass"), W("authpass"), W("authkey"), W("jwtkey"),
    W("cryptkey"), W("cipherkey"), W("privatemac"), W("secretid"), W("sessid"), W("codeverifier"),
    W("functionskey"), W("subscriptionkey"), W("certificatekey"), W("seckey"), W("hmacsecret"),
    W("mnemonic"), W("seedphrase"), W("jwtassertion"), {0},
};
/* Names whose last word is one of these. */
static const Str WEAK[] = {
    W("token"), W("secret"), W("credential"), W("credentials"),
    W("auth"), W("pass"), W("apitoken"), W("sig"), W("creds"), W("pat"), W("jwt"), W("bearer"),
    W("pw"), W("otp"), W("psk"), W("dsn"), W("basicauth"), W("sas"), W("pepper"), {0},
};
/* Names that end like a secret and never hold one. */
static const Str PUBLIC[] = {
    W("continuetoken"), W("nextpagetoken"), W("proxypass"), W("tokenauth"), W("imagepullsecrets"), {0},
};
/* DBPASS: whose password, run together with the word.  Others are words: bypass, compass. */
static const Str OWNERS[] = {
    W("db"), W("database"), W("sql"), W("mysql"), W("pg"), W("postgres"), W("redis"), W("mongo"),
    W("rabbitmq"), W("smtp"), W("mail"), W("imap"), W("ftp"), W("ssh"), W("svn"), W("git"),
    W("ldap"), W("http"), W("root"), W("admin"), W("user"), W("my"), W("key"), W("store"),
    W("keystore"), W("truststore"), W("login"), W("vpn"), W("wifi"), W("api"), W("app"), {0},
};
/* Words behind a name that say how its value is written, or which of several it is. */
static const Str NOISE[] = {
    W("value"), W("val"), W("base64"), W("b64"), W("base"), W("b"), W("encoded"), W("plain"),
    W("plaintext"), W("raw"), W("string"), W("old"), W("new"), W("current"), W("previous"),
    W("prod"), W("staging"), {0},
};

/* The last three letters of any word above: most names have others, and are done with. */
static uint32_t endings[26 * 26 * 26 / 32 + 1];
/* The same for the last four, hashed; and those that are a whole word of three letters. */
enum { FOURS = 1 << 13 };
static uint32_t fours[FOURS / 32];
static uint32_t threes[26 * 26 * 26 / 32 + 1];
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

static bool
has_bit(const uint32_t *bits, unsigned at)
{
    return bits[at / 32] >> at % 32 & 1;
}

static void
set_bit(uint32_t *bits, unsigned at)
{
    bits[at / 32] |= 1u << at % 32;
}

/* Of the fourth letter from the end, with the code of the others. */
static unsigned
hash_of_four(char letter, int code)
{
    uint32_t all = (uint32_t)((tolower((unsigned char)letter) - 'a') * 26 * 26 * 26 + code);
    return all * 2654435761u >> 19;
}

/* The words of STRONG by their last three letters: index + 1 of the first, and of the next. */
enum { CHAINS = 256, STRONG_COUNT = sizeof STRONG / sizeof *STRONG };
_Static_assert(STRONG_COUNT < 256, "indices are bytes");
static uint8_t first_strong[CHAINS];
static uint8_t next_strong[STRONG_COUNT];

static void
mark_ending(Str word)
{
    int code = ending_of(word);
    if (code < 0)
        return;
    set_bit(endings, (unsigned)code);
    if (word.n == 3 || !isalpha((unsigned char)word.p[word.n - 4]))
        set_bit(threes, (unsigned)code);
    else
        set_bit(fours, hash_of_four(word.p[word.n - 4], code));
}

static void
fill_endings(void)
{
    static bool filled;
    if (filled)
        return;
    filled = true;
    for (size_t i = 0; i + 1 < STRONG_COUNT; i++) {
        uint8_t *chain = &first_strong[ending_of(STRONG[i]) % CHAINS];
        next_strong[i] = *chain;
        *chain = (uint8_t)(i + 1);
    }
    for (int code = ending_of(STR("apw")); code < 26 * 26 * 26; code += 26 * 26)
        mark_ending((Str){(char[]){(char)('a' + code / 676), 'p', 'w'}, 3});       /* "adminPw" */
    for (size_t l = 0; l < sizeof LISTS / sizeof *LISTS; l++)
        for (const Str *word = LISTS[l]; word->n; word++) {
            char plural[NAME_BYTES];
            memcpy(plural, word->p, word->n);
            plural[word->n] = 's';
            mark_ending(*word);
            if (LISTS[l] != NOISE)
                mark_ending((Str){plural, word->n + 1});
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
ends_with_strong(Str flat)
{
    int code = ending_of(flat);
    for (unsigned i = code >= 0 ? first_strong[code % CHAINS] : 0; i; i = next_strong[i - 1])
        if (str_ends(flat, STRONG[i - 1]))
            return true;
    return false;
}

static Str
without_digits(Str name)
{
    while (name.n > 0 && !isalpha((unsigned char)name.p[name.n - 1]) &&
           (isdigit((unsigned char)name.p[name.n - 1]) || strchr("_-.", name.p[name.n - 1])))
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
    if (code >= 0 && has_bit(endings, (unsigned)code)) {
        char fourth = name.n > 3 ? name.p[name.n - 4] : '_';
        return has_bit(threes, (unsigned)code) || !isalpha((unsigned char)fourth) ||
               has_bit(fours, hash_of_four(fourth, code));
    }
    char last = (char)tolower((unsigned char)name.p[name.n - 1]);
    /* "passwordB64", "x_pw", "secret_id" */
    return last == 'b' || (code < 0 && (last == 'w' || last == 'd'));
}

/* The last word of a name: "pass" of DB_PASS and of DBPASS, but not of bypass. */
static SecretName
judge_pass(Str name, size_t last, Str word)
{
    if (!str_ends(word, STR("pass")))
        return SECRET_NAME_NO;
    if (word.n == 4 && without_digits(str_head(name, last)).n > 0)
        return SECRET_NAME_STRONG;
    if (word.n == 4)
        return SECRET_NAME_WEAK;                       /* the end of a test, too */
    return is_one_of(str_head(word, word.n - 4), OWNERS) ? SECRET_NAME_STRONG : SECRET_NAME_NO;
}

static SecretName
judge(Str name, Str flat)
{
    char bytes[NAME_BYTES];
    if (ends_with_strong(flat))
        return SECRET_NAME_STRONG;
    size_t begin = last_word(name);
    Str last = flatten(str_from(name, begin), bytes);
    SecretName named = judge_pass(name, begin, last);
    return named == SECRET_NAME_NO && is_one_of(last, WEAK) ? SECRET_NAME_WEAK : named;
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
    SecretName named = judge(name, flat);
    if (named == SECRET_NAME_NO && secret_name_is_plural(name))
        named = judge(str_head(name, name.n - 1), str_head(flat, flat.n - 1));
    return named;
}

bool
secret_name_is_plural(Str name)
{
    return name.n > 4 && tolower((unsigned char)name.p[name.n - 1]) == 's' &&
           tolower((unsigned char)name.p[name.n - 2]) != 's';
}

bool
secret_name_is_topic(Str name)
{
    static const char *const TOPICS[] = {"authorization", "cookie", "cookies", "signature"};
    for (size_t i = 0; i < sizeof TOPICS / sizeof *TOPICS; i++)
        if (str_eq_nocase(name, str_of(TOPICS[i])))
            return true;
    return false;
}

bool
secret_file_name(Str name)
{
    static const char *const ENDINGS[] = {".key", ".p12", ".pfx", ".jks", ".keystore", ".keytab", ".kdbx",
                                          ".ppk", "htpasswd", "id_rsa", "id_ed25519", "id_ecdsa", ".pgpass"};
    size_t at;
    if (!str_find_char(name, '.', &at) && !str_find_char(name, '_', &at) && !str_starts(name, STR("ht")))
        return false;
    for (size_t i = 0; i < sizeof ENDINGS / sizeof *ENDINGS; i++)
        if (str_ends(name, str_of(ENDINGS[i])))
            return true;
    return false;
}

bool
secret_value_is_path(Str value)
{
    size_t begin = 0;
    if (str_starts(value, STR("./")) || str_starts(value, STR("~/")) || str_starts(value, STR("file:/")))
        return true;
    if (value.n == 0 || value.p[0] != '/')
        return false;
    bool lower = false, upper = false, digit = false;
    for (size_t i = 1; i <= value.n; i++) {
        unsigned char c = i < value.n ? (unsigned char)value.p[i] : '/';
        if (c == '/') {
            if (i - begin >= 16 && lower && upper && digit)
                return false;
            lower = upper = digit = false;
            begin = i;
        } else if (!isalnum(c) && !strchr("._-@", c)) {
            return false;
        }
        lower |= islower(c) != 0;
        upper |= isupper(c) != 0;
        digit |= isdigit(c) != 0;
    }
    return true;
}

bool
secret_value_is_word(Str value)
{
    for (size_t i = 0; i < value.n; i++)
        if (!isalpha((unsigned char)value.p[i]) && !strchr("-_", value.p[i]))
            return false;
    return true;
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
