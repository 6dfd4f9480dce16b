/* SPDX-License-Identifier: Apache-2.0 */
/* log_oracle.h -- records of a log by the plainest means: what log_block.h is held against.
 *
 * Every line is looked at on its own, and every record put together, whoever wants it. */
#ifndef TESTS_UNIT_LOG_ORACLE_H
#define TESTS_UNIT_LOG_ORACLE_H

#include "analyzer/text/log_block.h"

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
