/* SPDX-License-Identifier: Apache-2.0 */
/* cel_lib_quantity.c -- Kubernetes' resource quantities, exact: "250m", "1.5Gi", "9e3".
 *
 * A quantity is a whole number of nanos (finer ones are rounded up, away from zero, as
 * Kubernetes does), wide enough for sums of the largest that anybody writes. */
#include <string.h>

#include "analyzer/query/cel_libraries.h"

enum {
    LIMBS = 12,             /* of 32 bits: up to about 10^115 nanos */
    DIGITS_MOST = 90,
    EXPONENT_MOST = 90,
};

typedef struct {
    bool negative;          /* never set for zero */
    uint32_t limbs[LIMBS];  /* least significant first */
    Str text;               /* as written or computed */
} Quantity;

static bool
is_zero(const Quantity *q)
{
    for (size_t i = 0; i < LIMBS; i++) {
        if (q->limbs[i])
            return false;
    }
    return true;
}

/* size = size * factor + more; false on overflow. */
static bool
scale(Quantity *q, uint32_t factor, uint32_t more)
{
    uint64_t carry = more;
    for (size_t i = 0; i < LIMBS; i++) {
        carry += (uint64_t)q->limbs[i] * factor;
        q->limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    return carry == 0;
}

/* size = size / divisor; returns the rest. */
static uint32_t
divide(Quantity *q, uint32_t divisor)
{
    uint64_t rest = 0;
    for (size_t i = LIMBS; i-- > 0;) {
        rest = rest << 32 | q->limbs[i];
        q->limbs[i] = (uint32_t)(rest / divisor);
        rest %= divisor;
    }
    return (uint32_t)rest;
}

static int
compare_sizes(const Quantity *a, const Quantity *b)
{
    for (size_t i = LIMBS; i-- > 0;) {
        if (a->limbs[i] != b->limbs[i])
            return a->limbs[i] < b->limbs[i] ? -1 : 1;
    }
    return 0;
}

static int
compare(const Quantity *a, const Quantity *b)
{
    if (a->negative != b->negative)
        return a->negative ? -1 : 1;
    return a->negative ? compare_sizes(b, a) : compare_sizes(a, b);
}

/* What a suffix multiplies by: 2^twos * 10^tens. */
static bool
parse_suffix(Str suffix, unsigned *ret_twos, int *ret_tens)
{
    static const struct {
        const char *name;
        unsigned twos;
        int tens;
    } SUFFIXES[] = {
        {"", 0, 0},    {"n", 0, -9},  {"u", 0, -6},  {"m", 0, -3},  {"k", 0, 3},
        {"M", 0, 6},   {"G", 0, 9},   {"T", 0, 12},  {"P", 0, 15},  {"E", 0, 18},
        {"Ki", 10, 0}, {"Mi", 20, 0}, {"Gi", 30, 0}, {"Ti", 40, 0}, {"Pi", 50, 0},
        {"Ei", 60, 0},
    };
    for (size_t i = 0; i < sizeof SUFFIXES / sizeof *SUFFIXES; i++) {
        if (str_is(suffix, SUFFIXES[i].name)) {
            *ret_twos = SUFFIXES[i].twos;
            *ret_tens = SUFFIXES[i].tens;
            return true;
        }
    }
    if (suffix.n < 2 || (suffix.p[0] != 'e' && suffix.p[0] != 'E'))
        return false;
    int64_t exponent = 0;
    Str digits = str_from(suffix, suffix.p[1] == '+' ? 2 : 1);
    if (!str_to_i64(digits, &exponent) || exponent > EXPONENT_MOST || exponent < -EXPONENT_MOST)
        return false;
    *ret_twos = 0;
    *ret_tens = (int)exponent;
    return true;
}

/* The digits in front, as a whole number and how many of them stood behind the point. */
static bool
take_digits(Str *rest, Quantity *q, int *ret_behind)
{
    size_t digits = 0;
    bool point = false;
    *ret_behind = 0;
    while (rest->n && ((rest->p[0] >= '0' && rest->p[0] <= '9') || rest->p[0] == '.')) {
        if (rest->p[0] == '.') {
            if (point)
                return false;
            point = true;
        } else {
            if (++digits > DIGITS_MOST || !scale(q, 10, (uint32_t)(rest->p[0] - '0')))
                return false;
            *ret_behind += point;
        }
        *rest = str_from(*rest, 1);
    }
    return digits > 0;
}

static bool
parse(Str text, Quantity *ret)
{
    Str rest = text;
    unsigned twos = 0;
    int tens = 0;
    int behind = 0;
    memset(ret, 0, sizeof *ret);
    ret->text = text;
    bool negative = rest.n && rest.p[0] == '-';
    if (rest.n && (rest.p[0] == '-' || rest.p[0] == '+'))
        rest = str_from(rest, 1);
    if (!take_digits(&rest, ret, &behind) || !parse_suffix(rest, &twos, &tens))
        return false;
    for (; twos > 0; twos -= 10) {
        if (!scale(ret, 1024, 0))
            return false;
    }
    bool lost = false;
    int shift = tens - behind + 9;
    for (; shift > 0; shift--) {
        if (!scale(ret, 10, 0))
            return false;
    }
    for (; shift < 0; shift++)
        lost |= divide(ret, 10) != 0;
    if (lost && !scale(ret, 1, 1))
        return false;
    ret->negative = negative && !is_zero(ret);
    return true;
}

/* Whole units; false where there is a fraction or the number is no int64. */
static bool
as_integer(const Quantity *q, int64_t *ret)
{
    Quantity units = *q;
    if (divide(&units, 1000000000) != 0)
        return false;
    for (size_t i = 2; i < LIMBS; i++) {
        if (units.limbs[i])
            return false;
    }
    uint64_t size = (uint64_t)units.limbs[1] << 32 | units.limbs[0];
    if (size > (uint64_t)INT64_MAX + q->negative)
        return false;
    *ret = q->negative ? (int64_t)(0 - size) : (int64_t)size;
    return true;
}

static double
as_double(const Quantity *q)
{
    Quantity units = *q;
    long double fraction = divide(&units, 1000000000) / 1e9L;
    long double number = 0;
    for (size_t i = LIMBS; i-- > 0;)
        number = number * 4294967296.0L + units.limbs[i];
    number += fraction;
    return (double)(q->negative ? -number : number);
}

/* a + b, where sizes are subtracted if the signs differ. */
static bool
add(const Quantity *a, const Quantity *b, Quantity *ret)
{
    const Quantity *large = compare_sizes(a, b) >= 0 ? a : b;
    const Quantity *small = large == a ? b : a;
    bool subtract = a->negative != b->negative;
    int64_t carry = 0;
    for (size_t i = 0; i < LIMBS; i++) {
        carry += (int64_t)large->limbs[i] + (subtract ? -(int64_t)small->limbs[i]
                                                      : (int64_t)small->limbs[i]);
        ret->limbs[i] = (uint32_t)carry;
        carry = carry < 0 ? -1 : carry >> 32;
    }
    ret->negative = large->negative && !is_zero(ret);
    return carry == 0;
}

/* The number in decimal, for what was computed. */
static void
write_decimal(const Quantity *q, Buf *out)
{
    char digits[160];
    size_t count = 0;
    Quantity left = *q;
    while (!is_zero(&left) || count < 10)
        digits[count++] = (char)('0' + divide(&left, 10));
    size_t last = 0;
    while (last < 9 && digits[last] == '0')
        last++;
    if (q->negative)
        buf_addc(out, '-');
    for (size_t i = count; i-- > last;) {
        buf_addc(out, digits[i]);
        if (i == 9 && last < 9)
            buf_addc(out, '.');
    }
}

static bool
same(const void *a, const void *b)
{
    return compare(a, b) == 0;
}

static void
write(const void *data, Buf *out)
{
    buf_add_str(out, ((const Quantity *)data)->text);
}

const OpaqueType CEL_TYPE_QUANTITY = {"kubernetes.Quantity", same, write};

static Value
make(CelRun *run, const Quantity *q)
{
    Quantity *copy = cel_alloc(run, sizeof *copy);
    if (!copy)
        return cel_stopped(run);
    *copy = *q;
    return value_opaque(&CEL_TYPE_QUANTITY, copy);
}

static Value
quantity_of(CelRun *run, const Value *args, size_t count)
{
    Quantity q;
    (void)count;
    if (!parse(args[0].string, &q))
        return cel_error(run, "no quantity: '" STR_FMT "'", STR_ARG(str_head(args[0].string, 64)));
    return make(run, &q);
}

static Value
is_quantity(CelRun *run, const Value *args, size_t count)
{
    Quantity q;
    (void)run;
    (void)count;
    return value_bool(parse(args[0].string, &q));
}

static Value
is_integer(CelRun *run, const Value *args, size_t count)
{
    int64_t number = 0;
    (void)run;
    (void)count;
    return value_bool(as_integer(args[0].opaque.data, &number));
}

static Value
to_integer(CelRun *run, const Value *args, size_t count)
{
    int64_t number = 0;
    (void)count;
    return as_integer(args[0].opaque.data, &number)
               ? value_int(number)
               : cel_error(run, "the quantity is no int without loss");
}

static Value
to_double(CelRun *run, const Value *args, size_t count)
{
    (void)run;
    (void)count;
    return value_double(as_double(args[0].opaque.data));
}

static Value
sign(CelRun *run, const Value *args, size_t count)
{
    const Quantity *q = args[0].opaque.data;
    (void)run;
    (void)count;
    return value_int(is_zero(q) ? 0 : q->negative ? -1 : 1);
}

static Value
sum(CelRun *run, const Value *args, bool subtract)
{
    Quantity other;
    Quantity result = {0};
    CLEANUP(buf_done) Buf text = CEL_BUF();
    if (args[1].type == VALUE_INT) {
        value_write_text(args[1], &text);
        if (!parse(buf_str(&text), &other))
            return cel_error(run, "no quantity");
        buf_clear(&text);
    } else {
        other = *(const Quantity *)args[1].opaque.data;
    }
    other.negative = subtract ? !other.negative && !is_zero(&other) : other.negative;
    if (!add(args[0].opaque.data, &other, &result))
        return cel_error(run, "the quantity is too large");
    write_decimal(&result, &text);
    Value string = cel_string_of_buf(run, &text);
    if (string.type != VALUE_STRING)
        return string;
    result.text = string.string;
    return make(run, &result);
}

static Value
plus(CelRun *run, const Value *args, size_t count)
{
    (void)count;
    return sum(run, args, false);
}

static Value
minus(CelRun *run, const Value *args, size_t count)
{
    (void)count;
    return sum(run, args, true);
}

static Value
is_less(CelRun *run, const Value *args, size_t count)
{
    (void)run;
    (void)count;
    return value_bool(compare(args[0].opaque.data, args[1].opaque.data) < 0);
}

static Value
is_greater(CelRun *run, const Value *args, size_t count)
{
    (void)run;
    (void)count;
    return value_bool(compare(args[0].opaque.data, args[1].opaque.data) > 0);
}

static Value
compare_to(CelRun *run, const Value *args, size_t count)
{
    (void)run;
    (void)count;
    return value_int(compare(args[0].opaque.data, args[1].opaque.data));
}

#define LIB "kubernetes.quantity"
static const CelFunction ROWS[] = {
    {"quantity", 0, "s", quantity_of, LIB, "quantity(string) -> quantity",
     "a resource quantity: 250m, 1.5Gi, 9e3"},
    {"isQuantity", 0, "s", is_quantity, LIB, "isQuantity(string) -> bool",
     "whether quantity() takes it"},
    {"isInteger", CEL_METHOD, "Q", is_integer, LIB, "quantity.isInteger() -> bool",
     "whether it is an int without loss"},
    {"asInteger", CEL_METHOD, "Q", to_integer, LIB, "quantity.asInteger() -> int",
     "as an int; an error with loss"},
    {"asApproximateFloat", CEL_METHOD, "Q", to_double, LIB,
     "quantity.asApproximateFloat() -> double", "the nearest double"},
    {"sign", CEL_METHOD, "Q", sign, LIB, "quantity.sign() -> int", "-1, 0 or 1"},
    {"add", CEL_METHOD, "QQ", plus, LIB, "quantity.add(quantity) -> quantity", "the sum"},
    {"add", CEL_METHOD, "Qi", plus, LIB, "quantity.add(int) -> quantity", "the sum"},
    {"sub", CEL_METHOD, "QQ", minus, LIB, "quantity.sub(quantity) -> quantity", "the difference"},
    {"sub", CEL_METHOD, "Qi", minus, LIB, "quantity.sub(int) -> quantity", "the difference"},
    {"isLessThan", CEL_METHOD, "QQ", is_less, LIB, "quantity.isLessThan(quantity) -> bool",
     "whether it is less"},
    {"isGreaterThan", CEL_METHOD, "QQ", is_greater, LIB, "quantity.isGreaterThan(quantity) -> bool",
     "whether it is more"},
    {"compareTo", CEL_METHOD, "QQ", compare_to, LIB, "quantity.compareTo(quantity) -> int",
     "-1, 0 or 1"},
};
const CelLibrary CEL_LIBRARY_quantity = CEL_LIBRARY(ROWS);
