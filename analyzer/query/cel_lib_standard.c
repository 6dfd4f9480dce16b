/* SPDX-License-Identifier: Apache-2.0 */
/* cel_lib_standard.c -- cel-spec's own functions but conversions and times, and optionals. */
#include <string.h>

#include "analyzer/query/cel_libraries.h"
#include "analyzer/query/cel_number.h"
#include "base/utf8.h"

static Value
size_of(CelRun *run, const Value *args, size_t count)
{
    (void)count;
    switch ((int)args[0].type) {
    case VALUE_STRING:
        return cel_traverse(run, args[0].string.n)
                   ? value_int((int64_t)utf8_count(args[0].string))
                   : cel_stopped(run);
    case VALUE_BYTES:
        return value_int((int64_t)args[0].string.n);
    default:
        return value_int((int64_t)value_count(args[0]));
    }
}

static Value
contains(CelRun *run, const Value *args, size_t count)
{
    size_t at = 0;
    (void)count;
    if (!cel_traverse(run, args[0].string.n))
        return cel_stopped(run);
    return value_bool(str_find(args[0].string, args[1].string, &at));
}

static Value
starts_with(CelRun *run, const Value *args, size_t count)
{
    (void)run;
    (void)count;
    return value_bool(str_starts(args[0].string, args[1].string));
}

static Value
ends_with(CelRun *run, const Value *args, size_t count)
{
    (void)run;
    (void)count;
    return value_bool(str_ends(args[0].string, args[1].string));
}

static Value
matches(CelRun *run, const Value *args, size_t count)
{
    Value error;
    (void)count;
    const Regex *regex = cel_regex(run, args[1].string, &error);
    if (!regex)
        return error;
    if (!cel_traverse(run, args[0].string.n))
        return cel_stopped(run);
    RegexResult result = regex_match(regex, args[0].string, 0, NULL, 0);
    if (result == REGEX_LIMIT)
        return cel_error(run, "the regular expression takes too many steps on this text");
    return value_bool(result == REGEX_FOUND);
}

static Value
type_of(CelRun *run, const Value *args, size_t count)
{
    (void)run;
    (void)count;
    return value_type(value_type_name(args[0]));
}

static Value
same(CelRun *run, const Value *args, size_t count)
{
    (void)run;
    (void)count;
    return args[0];
}

#define LIB "standard"
static const CelFunction ROWS[] = {
    {"size", 0, "s", size_of, LIB, "size(string) -> int", "number of code points"},
    {"size", 0, "y", size_of, LIB, "size(bytes) -> int", "number of bytes"},
    {"size", 0, "L", size_of, LIB, "size(list | map) -> int", "number of elements or keys"},
    {"size", CEL_METHOD, "s", size_of, LIB, "string.size() -> int", "number of code points"},
    {"size", CEL_METHOD, "y", size_of, LIB, "bytes.size() -> int", "number of bytes"},
    {"size", CEL_METHOD, "L", size_of, LIB, "(list | map).size() -> int",
     "number of elements or keys"},
    {"contains", CEL_METHOD, "ss", contains, LIB, "string.contains(string) -> bool",
     "whether a text is part of it"},
    {"startsWith", CEL_METHOD, "ss", starts_with, LIB, "string.startsWith(string) -> bool",
     "whether it begins with a text"},
    {"endsWith", CEL_METHOD, "ss", ends_with, LIB, "string.endsWith(string) -> bool",
     "whether it ends with a text"},
    {"matches", CEL_METHOD | CEL_PATTERN, "ss", matches, LIB, "string.matches(pattern) -> bool",
     "whether a regular expression (RE2's syntax) matches anywhere in it"},
    {"matches", CEL_PATTERN, "ss", matches, LIB, "matches(string, pattern) -> bool",
     "whether a regular expression (RE2's syntax) matches anywhere in a string"},
    {"type", 0, ".", type_of, LIB, "type(any) -> type", "the type of a value"},
    {"dyn", CEL_TAKES_INCOMPLETE, ".", same, LIB, "dyn(any) -> any", "the value itself"},
};
const CelLibrary CEL_LIBRARY_standard = CEL_LIBRARY(ROWS);
