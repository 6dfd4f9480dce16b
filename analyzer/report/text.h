/* SPDX-License-Identifier: Apache-2.0 */
/* text.h -- the two halves of the voice text. */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include "analyzer/report/voice.h"

unsigned text_width(const Writer *writer);
/* Everything behind the findings: rules that failed or were not evaluated, what was not
 * seen, and the line that sums it up. */
void text_rest(Writer *writer);

#endif
