/* SPDX-License-Identifier: Apache-2.0 */
/* log_records.h -- cuts a log into records while its bytes pass by.
 *
 * A record is a line with a head (log_line.h) and the lines that follow it without one: the
 * rest of a multi-line message, a stack trace, a dump.  Blank lines belong to the record too
 * (Mixer's nested errors have them inside); those at its end are dropped.  As long as no line
 * of the log had a head, every line is a record of its own, except indented ones, which
 * continue the line before.
 *
 * The container runtime's prefix is taken off every line: CRI's form always, a time alone
 * where it has more than six fraction digits, which only the runtime writes, and from then on
 * every time alone.  CRI's partial lines are joined.
 *
 * Memory: one record and one line, LIMIT_LOG_LINE_BYTES each.  One thread a reader. */
#ifndef TEXT_LOG_RECORDS_H
#define TEXT_LOG_RECORDS_H

#include "base/buf.h"

typedef struct {
    Str text;             /* lines joined by '\n', no prefix, no '\r'; valid during the call */
    uint32_t line;        /* 1-based number of its first line in the member */
    uint32_t line_count;
    bool has_time;
    int64_t time_ns;      /* its own head's, else the runtime's */
    bool cut;             /* longer than LIMIT_LOG_LINE_BYTES: text is the first part */
} LogRecord;

typedef struct LogRecords LogRecords;
typedef Status LogRecordFn(void *context, const LogRecord *record, Err *err);

/* latest_ns: as log_head().  fn is called for every record, in order; a status other than
 * ST_OK ends the feeding with it.  NULL when out of memory. */
LogRecords *log_records_new(int64_t latest_ns, LogRecordFn *fn, void *context);
LogRecords *log_records_free(LogRecords *records);
void cleanup_log_records(LogRecords **records);

NODISCARD Status log_records_feed(LogRecords *records, Str bytes, Err *err);
/* The last line need not end with a newline.  The reader can be fed a new log afterwards. */
NODISCARD Status log_records_end(LogRecords *records, Err *err);

/* Lines seen, and records that were cut, of the log that was ended last. */
uint32_t log_records_lines(const LogRecords *records);
uint32_t log_records_cut(const LogRecords *records);
/* Whether that log ended inside a line, as one that was cut does. */
bool log_records_unfinished(const LogRecords *records);

#endif
