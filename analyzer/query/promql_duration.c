/* SPDX-License-Identifier: Apache-2.0 */
/* promql_duration.c -- lengths of time in a query: 5m, a number of seconds, or arithmetic of
 * them, as in [2*5m] and offset (1h-30s). */
#include "analyzer/query/promql_parse.h"

#include <math.h>

#define LONGEST_RANGE_S 3.2e9       /* a hundred years; milliseconds of it fit */

enum { PRECEDENCE_ADD = 1, PRECEDENCE_MUL, PRECEDENCE_POW };

static Status parse_terms(Parser *parser, unsigned precedence, double *ret);

/* Names that stand for lengths of time.  A query is evaluated at one time, so that its step and
 * its range are none. */
static const struct {
    const char *name;
    unsigned arguments;
    double (*apply)(double a, double b);
} NAMES[] = {
    {"step", 0, NULL}, {"range", 0, NULL}, {"min_of", 2, fmin}, {"max_of", 2, fmax},
};

static Status
parse_name(Parser *parser, double *ret)
{
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        double values[2] = {0, 0};
        if (!promql_is_keyword(parser->token, NAMES[i].name))
            continue;
        TRY(promql_advance(parser));
        TRY(promql_expect(parser, OP_OPEN, "'('"));
        for (unsigned k = 0; k < NAMES[i].arguments; k++) {
            if (k > 0)
                TRY(promql_expect(parser, OP_COMMA, "','"));
            TRY(parse_terms(parser, PRECEDENCE_ADD, &values[k]));
        }
        *ret = NAMES[i].apply ? NAMES[i].apply(values[0], values[1]) : 0;
        return promql_expect(parser, OP_CLOSE, "')'");
    }
    return promql_unexpected(parser, "a duration such as 5m");
}

static Status
parse_primary(Parser *parser, double *ret)
{
    if (promql_at(parser, OP_OPEN)) {
        TRY(promql_advance(parser));
        TRY(parse_terms(parser, PRECEDENCE_ADD, ret));
        return promql_expect(parser, OP_CLOSE, "')'");
    }
    if (parser->token.kind == TOKEN_NAME)
        return parse_name(parser, ret);
    if (parser->token.kind != TOKEN_NUMBER)
        return promql_unexpected(parser, "a duration such as 5m");
    *ret = parser->token.number;
    return promql_advance(parser);
}

/* A sign binds less than ^, as in the rest of the language. */
static Status
parse_signed(Parser *parser, unsigned precedence, double *ret)
{
    bool negative = promql_at(parser, OP_SUB);
    if (!negative && !promql_at(parser, OP_ADD))
        return parse_primary(parser, ret);
    TRY(promql_advance(parser));
    TRY(parse_terms(parser, precedence, ret));
    *ret = negative ? -*ret : *ret;
    return ST_OK;
}

static unsigned
precedence_of(const Parser *parser)
{
    if (promql_at(parser, OP_ADD) || promql_at(parser, OP_SUB))
        return PRECEDENCE_ADD;
    if (promql_at(parser, OP_MUL) || promql_at(parser, OP_DIV) || promql_at(parser, OP_MOD))
        return PRECEDENCE_MUL;
    return promql_at(parser, OP_POW) ? PRECEDENCE_POW : 0;
}

static Status
parse_terms(Parser *parser, unsigned precedence, double *ret)
{
    if (++parser->depth > LIMIT_QUERY_DEPTH)
        return promql_too_deep(parser, parser->token.start);
    TRY(parse_signed(parser, PRECEDENCE_POW, ret));
    for (unsigned next = precedence_of(parser); next && next >= precedence;
         next = precedence_of(parser)) {
        Operator op = (Operator)parser->token.op;
        double right;
        TRY(promql_advance(parser));
        /* Only ^ groups to the right. */
        TRY(parse_terms(parser, next + (next != PRECEDENCE_POW), &right));
        *ret = promql_calculate(op, *ret, right);
    }
    parser->depth--;
    return ST_OK;
}

static Status
check(Parser *parser, uint32_t start, bool may_be_negative, double seconds, int64_t *ret_ms)
{
    if (!(fabs(seconds) <= LONGEST_RANGE_S))
        return promql_error(parser->query, start, parser->err, "a duration out of range");
    *ret_ms = (int64_t)round(seconds * 1000);
    if (may_be_negative || *ret_ms > 0)
        return ST_OK;
    return promql_error(parser->query, start, parser->err, "a duration must be greater than 0");
}

Status
promql_parse_length(Parser *parser, int64_t *ret_ms)
{
    uint32_t start = parser->token.start;
    double seconds;
    TRY(parse_terms(parser, PRECEDENCE_ADD, &seconds));
    return check(parser, start, false, seconds, ret_ms);
}

Status
promql_parse_shift(Parser *parser, int64_t *ret_ms)
{
    uint32_t start = parser->token.start;
    bool negative = promql_at(parser, OP_SUB);
    double seconds;
    if (negative || promql_at(parser, OP_ADD))
        TRY(promql_advance(parser));
    TRY(parse_primary(parser, &seconds));
    return check(parser, start, true, negative ? -seconds : seconds, ret_ms);
}
