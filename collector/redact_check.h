/* SPDX-License-Identifier: Apache-2.0 */
/* redact_check.h -- reads the finished bundle once more, before it gets its name.
 *
 * What redaction promises is checked by other means than made it: the file is unpacked as a
 * reader would, and regular expressions, that share no code with the scanner, and the values
 * that were found go over every byte, the manifest and the names of members included. */
#ifndef COLLECTOR_REDACT_CHECK_H
#define COLLECTOR_REDACT_CHECK_H

#include "base/status.h"
#include "collector/literal.h"

/* fd: the whole bundle, borrowed.  name: for messages.
 * ST_UNSAFE: something is left; err names member, line and detector, never what it is.
 * Anything else: it could not be checked. */
NODISCARD Status redact_check(const LiteralSet *literals, int fd, const char *name, Err *err);

#endif
