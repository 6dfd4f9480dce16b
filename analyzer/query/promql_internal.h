/* SPDX-License-Identifier: Apache-2.0 */
/* promql_internal.h -- tokens, trees and values that the files of PromQL share. */
#ifndef QUERY_PROMQL_INTERNAL_H
#define QUERY_PROMQL_INTERNAL_H

#include "analyzer/query/promql.h"
#include "analyzer/query/regex.h"
#include "base/limits.h"
#include "base/map.h"

#include <time.h>

/* Text to tokens. */

typedef enum {
    TOKEN_END,
    TOKEN_NAME,             /* identifier, keyword or metric name */
    TOKEN_NUMBER,           /* also a duration, in seconds */
    TOKEN_STRING,
    TOKEN_OPERATOR,         /* op holds it */
    TOKEN_BAD,              /* reason */
} TokenKind;

typedef enum {
    OP_NONE,
    OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_MOD, OP_POW, OP_ATAN2,
    OP_EQUAL, OP_NOT_EQUAL, OP_LESS, OP_LESS_EQUAL, OP_GREATER, OP_GREATER_EQUAL,
    OP_AND, OP_OR, OP_UNLESS,
    /* Only tokens. */
    OP_ASSIGN, OP_MATCH, OP_NOT_MATCH, OP_COMMA, OP_COLON, OP_AT,
    OP_OPEN, OP_CLOSE, OP_OPEN_BRACE, OP_CLOSE_BRACE, OP_OPEN_BRACKET, OP_CLOSE_BRACKET,
} Operator;

typedef struct {
    uint8_t kind;
    uint8_t op;
    bool is_duration;
    uint32_t start;         /* bytes of the text */
    uint32_t end;
    double number;
    Str string;             /* the name; the value of a string */
    const char *reason;
} Token;

typedef struct {
    Arena *arena;
    Str text;
    size_t at;
    bool in_brackets;       /* ':' stands alone */
    bool in_labels;         /* names hold no ':' */
} Lexer;

/* The next token.  ST_NOMEM. */
NODISCARD Status promql_next_token(Lexer *lexer, Token *ret, Err *err);
bool promql_is_keyword(Token token, const char *keyword);       /* in any case */

/* Trees. */

typedef enum {
    TREE_NUMBER,
    TREE_STRING,
    TREE_SELECTOR,          /* with range_ms: a range of it */
    TREE_SUBQUERY,
    TREE_CALL,
    TREE_AGGREGATE,
    TREE_BINARY,
    TREE_NEGATE,
} TreeKind;

typedef enum {
    AGGREGATE_SUM, AGGREGATE_AVG, AGGREGATE_COUNT, AGGREGATE_MIN, AGGREGATE_MAX,
    AGGREGATE_GROUP, AGGREGATE_STDDEV, AGGREGATE_STDVAR, AGGREGATE_QUANTILE,
    AGGREGATE_TOPK, AGGREGATE_BOTTOMK, AGGREGATE_LIMITK, AGGREGATE_LIMIT_RATIO,
    AGGREGATE_COUNT_VALUES,
} Aggregate;

typedef struct {
    const Str *items;
    size_t count;
} Names;

/* How the elements of two vectors find each other. */
typedef struct {
    Names labels;
    Names include;          /* of group_left, group_right */
    bool on;                /* else ignoring */
    bool group_left;
    bool group_right;
    bool given;
    bool fills[2];          /* fill_left, fill_right: elements without a partner get one */
    double fill[2];         /* of this value */
} Matching;

typedef struct PromqlFunction PromqlFunction;

typedef struct Tree Tree;
struct Tree {
    uint8_t kind;           /* TreeKind */
    uint8_t type;           /* PromqlType */
    bool in_parens;
    uint16_t depth;         /* of the operands below it */
    uint32_t start;         /* bytes of the text */
    uint32_t end;
    /* Selectors and subqueries. */
    int64_t range_ms;
    int64_t step_ms;        /* subquery; 0: the default */
    int64_t offset_ms;
    int64_t at_ms;
    bool has_offset;
    bool has_at;
    uint32_t selector;      /* index into the query's */
    /* The rest. */
    double number;
    Str string;
    uint8_t op;             /* Operator, Aggregate */
    bool return_bool;
    bool without;
    Names grouping;
    Matching matching;
    const PromqlFunction *function;
    const Tree *const *args;        /* operands and arguments; an aggregate's vector first */
    size_t arg_count;
};

struct PromqlQuery {
    Str text;
    PromqlOptions options;
    const char *file;
    const Tree *root;
    PromqlSelector *selectors;
    size_t selector_count;
    Str *labels;
    size_t label_count;
    bool looks_back;
    bool tells_time;
};

/* Where a byte of the query lies in its file. */
void promql_locate(Str text, const PromqlOptions *options, uint32_t at, unsigned *ret_line,
                   unsigned *ret_column);
/* ST_RULE at a byte of the query. */
Status promql_error(const PromqlQuery *query, uint32_t at, Err *err, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* Values. */

typedef struct {
    Labels labels;
    double value;
    int64_t t_ms;           /* what timestamp() says */
    bool drop_name;
    uint8_t ref_count;
    const uint32_t *refs;
} Sample;

typedef struct {
    Labels labels;
    const PromqlPoint *points;
    size_t point_count;
    int64_t start_ms;       /* the range is (start, end] */
    int64_t end_ms;
    bool drop_name;
    uint8_t ref_count;
    const uint32_t *refs;
} RangeSeries;

typedef struct {
    uint8_t type;           /* PromqlType */
    bool is_unknown;
    const Gap *gap;
    double number;
    Str string;
    VEC(Sample) samples;
    VEC(RangeSeries) ranges;
} Operand;

typedef struct {
    const PromqlQuery *query;
    const PromqlEval *given;
    Arena *arena;
    Err *err;
    uint64_t samples_left;
    uint64_t series_seen;
    char *key;              /* scratch of label keys */
    size_t key_bytes;
    size_t key_capacity;
} Eval;

NODISCARD Status promql_eval_tree(Eval *eval, const Tree *tree, int64_t time_ms, Operand *ret);
/* Counts work; ST_LIMIT when there was too much. */
NODISCARD Status promql_spend(Eval *eval, const Tree *tree, uint64_t samples);
NODISCARD Status promql_push(Eval *eval, Operand *to, const Sample *sample);
typedef Status SampleFn(void *context, const Sample *sample);
/* Calls fn for each element of an instant selector; its references last until fn returns.  What
 * is missing of the elements is in ret when it is called first. */
NODISCARD Status promql_visit_selector(Eval *eval, const Tree *tree, int64_t time_ms,
                                       Operand *ret, SampleFn *fn, void *context);
/* Whether the tree is an aggregation that needs each element of its vector only once. */
bool promql_folds(const Tree *tree);
/* ret gets what is missing of from. */
NODISCARD Status promql_inherit_gap(Eval *eval, const Operand *from, Operand *ret);
/* Makes what is incomplete unknown. */
void promql_require_whole(Operand *operand);
/* Both lists of references, without repetition, up to LIMIT_EVIDENCE_COUNT. */
NODISCARD Status promql_join_refs(Eval *eval, const uint32_t **refs, uint8_t *count,
                                  const uint32_t *more, uint8_t more_count);
/* ST_RULE if two elements have the same labels (their names dropped where marked so). */
NODISCARD Status promql_check_distinct(Eval *eval, const Tree *tree, const Operand *operand);

/* One of + - * / % ^ atan2. */
double promql_calculate(Operator op, double a, double b);
NODISCARD Status promql_eval_binary(Eval *eval, const Tree *tree, int64_t time_ms, Operand *ret);
NODISCARD Status promql_eval_aggregate(Eval *eval, const Tree *tree, int64_t time_ms,
                                       Operand *ret);
NODISCARD Status promql_eval_call(Eval *eval, const Tree *tree, int64_t time_ms, Operand *ret);
/* A selector or subquery as ranges of points. */
NODISCARD Status promql_eval_range(Eval *eval, const Tree *tree, int64_t time_ms, Operand *ret);

/* Functions. */

/* What a function gets: its evaluated arguments. */
typedef struct {
    Eval *eval;
    const Tree *tree;
    int64_t time_ms;
    Operand *args;
    size_t arg_count;
    Operand *ret;
    bool nomem;             /* set by functions over ranges */
} Call;

struct PromqlFunction {
    const char *name;
    const char *args;       /* v vector, s scalar, m range, t string; the last repeats */
    int optional;           /* how many more or fewer: n optional, -1 any number */
    char returns;
    bool needs_all;         /* unknown over an incomplete vector */
    bool keeps_name;        /* of functions over ranges */
    bool tells_time;        /* gives times of evaluation or of samples */
    /* One of these. */
    Status (*call)(Call *call);
    double (*number)(double value);
    bool (*range)(Call *call, const RangeSeries *series, double *ret);
    double (*date)(const struct tm *date);
    const char *usage;
};

const PromqlFunction *promql_find_function(Str name);
const char *promql_nearest_function(Str name);

/* promql_number_functions.c */
double promql_sgn(double value);
double promql_deg(double value);
double promql_rad(double value);
double promql_minute(const struct tm *date);
double promql_hour(const struct tm *date);
double promql_day_of_week(const struct tm *date);
double promql_day_of_month(const struct tm *date);
double promql_day_of_year(const struct tm *date);
double promql_days_in_month(const struct tm *date);
double promql_month(const struct tm *date);
double promql_year(const struct tm *date);
NODISCARD Status promql_time(Call *call);
NODISCARD Status promql_start(Call *call);          /* also end() */
NODISCARD Status promql_zero(Call *call);
NODISCARD Status promql_pi(Call *call);
NODISCARD Status promql_vector(Call *call);
NODISCARD Status promql_scalar(Call *call);
NODISCARD Status promql_timestamp(Call *call);
NODISCARD Status promql_round(Call *call);
NODISCARD Status promql_clamp(Call *call);
NODISCARD Status promql_clamp_min(Call *call);
NODISCARD Status promql_clamp_max(Call *call);
NODISCARD Status promql_sort(Call *call);
NODISCARD Status promql_sort_desc(Call *call);
NODISCARD Status promql_absent(Call *call);
NODISCARD Status promql_max_of(Call *call);
NODISCARD Status promql_min_of(Call *call);

/* promql_range.c, promql_histogram.c, promql_label_functions.c */
bool promql_rate(Call *call, const RangeSeries *series, double *ret);
bool promql_increase(Call *call, const RangeSeries *series, double *ret);
bool promql_delta(Call *call, const RangeSeries *series, double *ret);
bool promql_irate(Call *call, const RangeSeries *series, double *ret);
bool promql_idelta(Call *call, const RangeSeries *series, double *ret);
bool promql_changes(Call *call, const RangeSeries *series, double *ret);
bool promql_resets(Call *call, const RangeSeries *series, double *ret);
bool promql_deriv(Call *call, const RangeSeries *series, double *ret);
bool promql_predict_linear(Call *call, const RangeSeries *series, double *ret);
bool promql_smoothing(Call *call, const RangeSeries *series, double *ret);
bool promql_avg_over_time(Call *call, const RangeSeries *series, double *ret);
bool promql_sum_over_time(Call *call, const RangeSeries *series, double *ret);
bool promql_count_over_time(Call *call, const RangeSeries *series, double *ret);
bool promql_min_over_time(Call *call, const RangeSeries *series, double *ret);
bool promql_max_over_time(Call *call, const RangeSeries *series, double *ret);
bool promql_ts_of_min(Call *call, const RangeSeries *series, double *ret);
bool promql_ts_of_max(Call *call, const RangeSeries *series, double *ret);
bool promql_ts_of_first(Call *call, const RangeSeries *series, double *ret);
bool promql_ts_of_last(Call *call, const RangeSeries *series, double *ret);
bool promql_first_over_time(Call *call, const RangeSeries *series, double *ret);
bool promql_last_over_time(Call *call, const RangeSeries *series, double *ret);
bool promql_present_over_time(Call *call, const RangeSeries *series, double *ret);
bool promql_stddev_over_time(Call *call, const RangeSeries *series, double *ret);
bool promql_stdvar_over_time(Call *call, const RangeSeries *series, double *ret);
bool promql_quantile_over_time(Call *call, const RangeSeries *series, double *ret);
bool promql_mad_over_time(Call *call, const RangeSeries *series, double *ret);
NODISCARD Status promql_histogram_quantile(Call *call);
NODISCARD Status promql_histogram_quantiles(Call *call);
NODISCARD Status promql_histogram_fraction(Call *call);
NODISCARD Status promql_label_replace(Call *call);
NODISCARD Status promql_label_join(Call *call);
NODISCARD Status promql_sort_by_label(Call *call);
NODISCARD Status promql_sort_by_label_desc(Call *call);

/* Arithmetic. */

/* Sums that keep what rounding lost (Neumaier). */
typedef struct {
    double sum;
    double lost;
} Kahan;
void promql_kahan_add(Kahan *kahan, double value);
double promql_kahan_total(Kahan kahan);

/* A running mean that neither overflows nor loses precision. */
typedef struct {
    Kahan sum;
    double mean;
    double lost;
    double count;
    bool incremental;
} Mean;
void promql_mean_add(Mean *mean, double value);
double promql_mean_value(const Mean *mean);

/* A quantile; values are sorted in place, NaN first. */
double promql_quantile(double phi, double *values, size_t count);
void promql_sort_numbers(double *values, size_t count);

/* Labels. */

typedef bool LabelFilter(void *context, Str name);
/* The labels for which keep says yes. */
NODISCARD Status promql_labels_filter(Eval *eval, Labels labels, LabelFilter *keep, void *context,
                                      Labels *ret);
NODISCARD Status promql_labels_only(Eval *eval, Labels labels, Names names, Labels *ret);
NODISCARD Status promql_labels_without(Eval *eval, Labels labels, Names names, Labels *ret);
/* The labels with name set to value; an empty value deletes it. */
NODISCARD Status promql_labels_set(Eval *eval, Labels labels, Str name, Str value, Labels *ret);
/* Without __name__, __type__ and __unit__. */
NODISCARD Status promql_labels_drop_name(Eval *eval, Labels labels, Labels *ret);
bool promql_is_in(Names names, Str name);
/* The key of labels in the scratch of eval: of those in names (on), or of the others. */
NODISCARD Status promql_key(Eval *eval, Labels labels, Names names, bool on, bool with_name,
                            Str *ret);
/* Index of the group with this key; a new key gets the next index. */
NODISCARD Status promql_group(Eval *eval, Map *groups, Str key, size_t *ret, bool *ret_new);

#endif
