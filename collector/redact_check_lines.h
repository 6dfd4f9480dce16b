/* SPDX-License-Identifier: Apache-2.0 */
/* redact_check_lines.h -- lines of a private key of which neither beginning nor end is there.
 *
 * Three lines one after the other, each with 64 digits of base64 of bytes that are no text,
 * are the inside of something in PEM; where no BEGIN CERTIFICATE says what, it may be a key. */
#ifndef COLLECTOR_REDACT_CHECK_LINES_H
#define COLLECTOR_REDACT_CHECK_LINES_H

#include "base/str.h"

enum { KEY_LINE_DIGITS = 64 };

/* Zero before the first byte of a text. */
typedef struct {
    char run[KEY_LINE_DIGITS];
    size_t run_n;             /* digits of the run that is being read; more than are kept */
    char before[11];          /* what was read last, for the marks of PEM */
    bool escaped;             /* behind a backslash */
    bool in_line;             /* this line has such a run */
    bool public;              /* in a certificate or the like */
    unsigned lines;           /* with such a run, one after the other */
    uint64_t line;            /* this one, from 0 */
} KeyLines;

/* The number of the line that makes it certain, from 1; 0: nothing was found. */
uint64_t key_lines_feed(KeyLines *state, Str bytes);

#endif
