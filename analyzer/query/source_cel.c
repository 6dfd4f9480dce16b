/* SPDX-License-Identifier: Apache-2.0 */
/* source_cel.c -- cel: anything computed from the names around it. */
#include "analyzer/query/source_private.h"

static Status
compile(SourceReader *reader)
{
    const CelProgram *program;
    TRY(reader_cel(reader, reader->spec, false, &program));
    reader->source->data = program;
    return ST_OK;
}

static Value
eval_program(const Source *source, const SourceEval *eval)
{
    return eval_cel(source->data, eval, NULL);
}

const SourceType SOURCE_TYPE_cel = {
    .doc = {"cel", "a CEL expression over the names around it"},
    .compile = compile,
    .eval = eval_program,
    .subject = subject_of_object,
};
