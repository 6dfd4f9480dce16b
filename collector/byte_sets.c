/* SPDX-License-Identifier: Apache-2.0 */
/* byte_sets.c -- the tables, made at first use. */
#include "collector/byte_sets.h"

#include <ctype.h>
#include <string.h>

bool byte_sets[SET_COUNT][256];

static bool
is_one_of(int c, const char *bytes)
{
    return c && strchr(bytes, c);
}

void
byte_sets_init(void)
{
    if (byte_sets[SET_ALNUM]['a'])
        return;
    for (int c = 0; c < 256; c++) {
        bool alnum = c < 128 && isalnum(c);
        bool printable = c > 0x20 && c != 0x7f;
        byte_sets[SET_ALNUM][c] = alnum;
        byte_sets[SET_HEX][c] = c < 128 && isxdigit(c);
        byte_sets[SET_WORD][c] = alnum || is_one_of(c, "_-");
        byte_sets[SET_NAME][c] = alnum || is_one_of(c, "_-.");
        byte_sets[SET_TOKEN][c] = alnum || is_one_of(c, "_-.~+/=");
        byte_sets[SET_CRYPT][c] = alnum || is_one_of(c, "_-.~+/=$,:");
        byte_sets[SET_VALUE][c] = printable && !is_one_of(c, "\"'`,;&<>(){}[]\\|");
        byte_sets[SET_LINE][c] = c >= 0x20 && c != '"' && c != '\\';
        byte_sets[SET_USERINFO][c] = printable && !is_one_of(c, "\"'`/@<>\\?#");
        byte_sets[SET_PERCENT][c] = alnum || is_one_of(c, "_-.~+*%");
        byte_sets[SET_TAG][c] = c >= 0x20 && c != '<';
        byte_sets[SET_QUOTED][c] = c >= 0x20 && !is_one_of(c, "\"'\\");
        byte_sets[SET_BASE64][c] = alnum || is_one_of(c, "+/-_");
        byte_sets[SET_SIGN_LEAD][c] = is_one_of(c, "\"'\\ ");
        byte_sets[SET_WORD_END][c] = is_one_of(c, "dDeEyYsSgG=");
    }
}
