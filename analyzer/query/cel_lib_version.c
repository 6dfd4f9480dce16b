/* SPDX-License-Identifier: Apache-2.0 */
/* cel_lib_version.c -- versions: Kubernetes' semver, and what people write. */
#include <string.h>

#include "analyzer/model/version.h"
#include "analyzer/query/cel_libraries.h"
#include "analyzer/query/semver.h"

static bool
same(const void *a, const void *b)
{
    return semver_compare(a, b) == 0;
}

static void
write(const void *version, Buf *out)
{
    semver_write(version, out);
}

const OpaqueType CEL_TYPE_SEMVER = {"kubernetes.Semver", same, write};

/* Without "v" and leading zeros, with the parts that are missing; a short version must not
 * have a pre-release or build. */
static bool
normalise(Str text, Buf *out)
{
    Str rest = str_starts(text, STR("v")) ? str_from(text, 1) : text;
    size_t parts = 0;
    while (parts < 3) {
        size_t dot = 0;
        bool last = parts == 2 || !str_find_char(rest, '.', &dot);
        Str part = last ? rest : str_head(rest, dot);
        if (last && parts < 2 &&
            (memchr(part.p, '-', part.n) || memchr(part.p, '+', part.n)))
            return false;
        while (part.n > 1 && part.p[0] == '0' && part.p[1] >= '0' && part.p[1] <= '9')
            part = str_from(part, 1);
        if (parts > 0)
            buf_addc(out, '.');
        buf_add_str(out, part);
        parts++;
        if (last)
            break;
        rest = str_from(rest, dot + 1);
    }
    for (; parts < 3; parts++)
        buf_adds(out, ".0");
    return true;
}

static Value
make(CelRun *run, const Semver *version)
{
    Semver *copy = cel_alloc(run, sizeof *copy);
    if (!copy)
        return cel_stopped(run);
    *copy = *version;
    return value_opaque(&CEL_TYPE_SEMVER, copy);
}

/* The version of args[0], normalised where args[1] says so.  False where it is none. */
static bool
parse(CelRun *run, const Value *args, size_t count, Semver *ret)
{
    CLEANUP(buf_done) Buf text = CEL_BUF();
    if (count < 2 || !args[1].boolean)
        return semver_parse(args[0].string, ret);
    if (!normalise(args[0].string, &text))
        return false;
    Value copy = cel_string_of_buf(run, &text);
    return copy.type == VALUE_STRING && semver_parse(copy.string, ret);
}

static Value
no_version(CelRun *run, Str text)
{
    return cel_error(run, "no version: '" STR_FMT "'", STR_ARG(str_head(text, 64)));
}

static Value
semver_of(CelRun *run, const Value *args, size_t count)
{
    Semver version;
    return parse(run, args, count, &version) ? make(run, &version)
                                             : no_version(run, args[0].string);
}

static Value
is_semver(CelRun *run, const Value *args, size_t count)
{
    Semver version;
    return value_bool(parse(run, args, count, &version));
}

static Value
version_of(CelRun *run, const Value *args, size_t count)
{
    Version numbers;
    Semver version = {.prerelease = STR(""), .build = STR("")};
    (void)count;
    if (!version_parse(args[0].string, &numbers))
        return no_version(run, args[0].string);
    for (size_t i = 0; i < VERSION_NUMBERS; i++)
        version.numbers[i] = numbers.numbers[i];
    return make(run, &version);
}

static Value
number(CelRun *run, const Value *args, size_t part)
{
    const Semver *version = args[0].opaque.data;
    if (version->numbers[part] > INT64_MAX)
        return cel_error(run, "out of range of int");
    return value_int((int64_t)version->numbers[part]);
}

static Value
major_of(CelRun *run, const Value *args, size_t count)
{
    (void)count;
    return number(run, args, 0);
}

static Value
minor_of(CelRun *run, const Value *args, size_t count)
{
    (void)count;
    return number(run, args, 1);
}

static Value
patch_of(CelRun *run, const Value *args, size_t count)
{
    (void)count;
    return number(run, args, 2);
}

static Value
is_less(CelRun *run, const Value *args, size_t count)
{
    (void)run;
    (void)count;
    return value_bool(semver_compare(args[0].opaque.data, args[1].opaque.data) < 0);
}

static Value
is_greater(CelRun *run, const Value *args, size_t count)
{
    (void)run;
    (void)count;
    return value_bool(semver_compare(args[0].opaque.data, args[1].opaque.data) > 0);
}

static Value
compare_to(CelRun *run, const Value *args, size_t count)
{
    (void)run;
    (void)count;
    return value_int(semver_compare(args[0].opaque.data, args[1].opaque.data));
}

#define LIB "kubernetes.semver"
static const CelFunction ROWS[] = {
    {"semver", 0, "s?b", semver_of, LIB, "semver(string [, normalise]) -> semver",
     "a semantic version; normalise takes v1.2, too"},
    {"isSemver", 0, "s?b", is_semver, LIB, "isSemver(string [, normalise]) -> bool",
     "whether semver() takes it"},
    {"major", CEL_METHOD, "V", major_of, LIB, "semver.major() -> int", "the first number"},
    {"minor", CEL_METHOD, "V", minor_of, LIB, "semver.minor() -> int", "the second number"},
    {"patch", CEL_METHOD, "V", patch_of, LIB, "semver.patch() -> int", "the third number"},
    {"isLessThan", CEL_METHOD, "VV", is_less, LIB, "semver.isLessThan(semver) -> bool",
     "whether it comes before"},
    {"isGreaterThan", CEL_METHOD, "VV", is_greater, LIB, "semver.isGreaterThan(semver) -> bool",
     "whether it comes after"},
    {"compareTo", CEL_METHOD, "VV", compare_to, LIB, "semver.compareTo(semver) -> int",
     "-1, 0 or 1"},
    {"version", 0, "s", version_of, "meshcase", "version(string) -> semver",
     "a version by the numbers at its front: 0.8.latest, v1.9.7-gke.3, 1.9+"},
};
const CelLibrary CEL_LIBRARY_semver = CEL_LIBRARY(ROWS);
