/* SPDX-License-Identifier: Apache-2.0 */
/* redact_check_lines.c -- one byte after the other, so that no window hides a line. */
#include "collector/redact_check_lines.h"

#include <ctype.h>
#include <string.h>

enum {
    LINES_MIN = 3,
    CONTROL_BYTES_MIN = 2,      /* of 48 random bytes five are, in the mean */
};

static int
digit_of(char c)
{
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = c ? strchr(DIGITS, c) : NULL;
    return found ? (int)(found - DIGITS) : -1;
}

/* Whether 64 digits encode anything but text. */
static bool
is_binary(const char *run)
{
    unsigned control = 0;
    for (size_t i = 0; i + 3 < KEY_LINE_DIGITS; i += 4) {
        unsigned bits = 0;
        for (size_t k = 0; k < 4; k++)
            bits = bits << 6 | (unsigned)digit_of(run[i + k]);
        for (int shift = 16; shift >= 0; shift -= 8) {
            unsigned char byte = (unsigned char)(bits >> shift);
            control += byte < 0x20 && !isspace(byte);
        }
    }
    return control >= CONTROL_BYTES_MIN;
}

static bool
is_mixed(const char *run)
{
    bool lower = false, upper = false, digit = false;
    for (size_t i = 0; i < KEY_LINE_DIGITS; i++) {
        lower |= islower((unsigned char)run[i]) != 0;
        upper |= isupper((unsigned char)run[i]) != 0;
        digit |= isdigit((unsigned char)run[i]) != 0;
    }
    return lower && upper && digit;
}

/* A run ends at a byte that may follow a line of a key. */
static void
end_run(KeyLines *state, char c)
{
    if (state->run_n == KEY_LINE_DIGITS && strchr("\n\r\"\\", c) && is_mixed(state->run) && is_binary(state->run))
        state->in_line = true;
    state->run_n = 0;
}

static bool
end_line(KeyLines *state)
{
    state->lines = state->in_line && !state->public ? state->lines + 1 : 0;
    state->in_line = false;
    return state->lines == LINES_MIN;
}

/* BEGIN and END, by what was read last. */
static void
see_marker(KeyLines *state, char c)
{
    memmove(state->before, state->before + 1, sizeof state->before - 1);
    state->before[sizeof state->before - 1] = c;
    if (memcmp(state->before, "-----BEGIN ", 11) == 0)
        state->public = true;
    else if (memcmp(state->before + 2, "-----END ", 9) == 0)
        state->public = false;
}

uint64_t
key_lines_feed(KeyLines *state, Str bytes)
{
    uint64_t found = 0;
    for (size_t i = 0; i < bytes.n; i++) {
        char c = bytes.p[i];
        bool escaped = state->escaped && c != '\\';
        state->escaped = c == '\\';
        if (!escaped && (isalnum((unsigned char)c) || (c && strchr("+/=-_", c)))) {
            if (state->run_n < KEY_LINE_DIGITS)
                state->run[state->run_n] = c;
            state->run_n++;
        } else {
            end_run(state, escaped ? '\\' : c);
        }
        if (c == '-' || c == ' ' || isupper((unsigned char)c))
            see_marker(state, c);
        bool ends = c == '\n' || (escaped && c == 'n');
        if (ends && end_line(state) && !found)
            found = state->line + 1;
        state->line += c == '\n';
    }
    return found;
}
