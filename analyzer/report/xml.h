/* SPDX-License-Identifier: Apache-2.0 */
/* xml.h -- foreign text in XML and HTML: well-formed whatever its bytes.
 *
 * Controls, bidirectional controls, malformed bytes and what XML forbids are spelled (\x1b,
 * \u{202e}), so that what is read is what is there. */
#ifndef REPORT_XML_H
#define REPORT_XML_H

#include "base/buf.h"

/* Character data; line ends and tabs stay. */
void xml_text(Buf *out, Str text);
/* ' name="value"'; line ends are spelled. */
void xml_attribute(Buf *out, const char *name, Str value);

#endif
