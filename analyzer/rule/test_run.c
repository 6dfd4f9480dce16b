/* SPDX-License-Identifier: Apache-2.0 */
/* test_run.c -- runs the tests beside rule packs. */
#include "analyzer/rule/test_run.h"

#include "analyzer/rule/evaluate.h"
#include "analyzer/rule/schema.h"
#include "analyzer/rule/test_bundle.h"
#include "analyzer/rule/test_expect.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "base/limits.h"

#include <string.h>

/* One case, while it is run. */
typedef struct {
    TestRun *run;
    const char *file;
    Str text;               /* of the file */
    const Node *root;
    const Node *node;
    Rule *rule;
} Case;

Status
test_run_init(TestRun *run, RuleSet *set, Arena *arena, Buf *out, Err *err)
{
    *run = (TestRun){.set = set, .arena = arena, .out = out,
                     .expected = ARENA_ARRAY(arena, unsigned, set->rules.count + 1)};
    return run->expected ? ST_OK : err_nomem(err);
}

/* ---- one case ---- */

static void
write_heading(const Case *one)
{
    Str name = node_string(node_get(one->node, STR("name")));
    buf_printf(one->run->out, "%s:%u: " STR_FMT " \"" STR_FMT "\" failed\n", one->file,
               one->node->line, STR_ARG(one->rule->id), STR_ARG(str_head(name, 200)));
}

static void
write_problems(const Case *one, Diagnostics *problems)
{
    diagnostics_sort(problems);
    for (size_t i = 0; i < problems->items.count; i++)
        diagnostic_write(problems, &problems->items.items[i], true, one->run->out);
}

static void
select_only(RuleSet *set, const Rule *rule)
{
    for (size_t i = 0; i < set->rules.count; i++)
        set->rules.items[i]->is_selected = set->rules.items[i] == rule;
}

static Status
judge(const Case *one, const ModelFeed *feed, Arena *arena, Evaluation *ret, Err *err)
{
    RuleSet *set = one->run->set;
    Demand *demand = demand_new(arena);
    if (!demand)
        return err_nomem(err);
    select_only(set, one->rule);
    TRY(rules_demand(set, demand, err));
    Model *model;
    TRY(model_load(feed, demand, arena, &model, err));
    return rules_evaluate(set, model, NULL, arena, ret, err);
}

static Status
run_case(Case *one, Err *err)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    if (!arena)
        return err_nomem(err);
    Diagnostics problems;
    diagnostics_init(&problems, arena);
    diagnostics_add_text(&problems, one->file, one->text);
    TestBundle bundle = {
        .file = one->file, .diagnostics = &problems,
        .base = node_get(one->root, STR("bundle")),
        .change = node_get(one->node, STR("change")), .needs = &one->rule->needs,
    };
    ModelFeed feed;
    TRY(test_bundle_build(&bundle, arena, &feed, err));
    if (problems.error_count > 0) {
        write_heading(one);
        write_problems(one, &problems);
        one->run->failed++;
        return ST_OK;
    }
    Evaluation evaluation;
    TRY(judge(one, &feed, arena, &evaluation, err));
    CLEANUP(buf_done) Buf difference = BUF_INIT(1 << 20);
    bool is_good = expect_all(node_get(one->node, STR("expect")), evaluation.verdicts.items,
                              evaluation.verdicts.count, one->text, arena, &difference);
    if (is_good) {
        one->run->passed++;
        return ST_OK;
    }
    one->run->failed++;
    write_heading(one);
    buf_add_str(one->run->out, buf_str(&difference));
    return ST_OK;
}

/* ---- one file ---- */

static void
note_expected(const Case *one)
{
    const Node *expect = node_get(one->node, STR("expect"));
    for (VerdictKind kind = 0; kind < VERDICT_KIND_COUNT; kind++)
        if (expects_kind(expect, kind))
            one->run->expected[one->rule->index] |= 1u << kind;
}

static Status
run_cases(TestRun *run, const char *file, Str text, const Node *root, Diagnostics *problems,
          Err *err)
{
    const Node *cases = node_get(root, STR("cases"));
    if (cases->count == 0)
        diagnostic_error(problems, file, cases->line, cases->column, "no cases");
    for (uint32_t i = 0; i < cases->count; i++) {
        const Node *id = node_get(&cases->items[i], STR("rule"));
        Case one = {.run = run, .file = file, .text = text, .root = root,
                    .node = &cases->items[i], .rule = rules_find(run->set, id->string)};
        if (!one.rule) {
            const char *near = rules_nearest(run->set, id->string);
            diagnostic_error(problems, file, id->line, id->column,
                             "there is no rule " STR_FMT "%s%s%s", STR_ARG(id->string),
                             near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
            continue;
        }
        note_expected(&one);
        TRY(run_case(&one, err));
    }
    return ST_OK;
}

Status
test_run_text(TestRun *run, const char *path, Str text, Err *err)
{
    Diagnostics problems;
    diagnostics_init(&problems, run->arena);
    const Node *root;
    TRY(diagnostics_parse(&problems, path, text, &root, err));
    if (root && schema_check(&SCHEMA_TEST, root, path, &problems))
        TRY(run_cases(run, path, text, root, &problems, err));
    run->failed += problems.error_count;
    diagnostics_sort(&problems);
    for (size_t i = 0; i < problems.items.count; i++)
        diagnostic_write(&problems, &problems.items.items[i], true, run->out);
    return buf_status(run->out, err);
}

Status
test_run_file(TestRun *run, const char *path, Err *err)
{
    Str text;
    TRY(io_read_file(run->arena, path, LIMIT_YAML_BYTES, &text, err));
    return test_run_text(run, path, text, err);
}

/* ---- all files ---- */

typedef VEC(char *) Names;

static int
compare_names(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static Status
list_tests(Arena *arena, const char *folder, Names *ret, Err *err)
{
    CLEANUP(cleanup_dir) DIR *open = opendir(folder);
    if (!open)
        return errno == ENOENT || errno == ENOTDIR ? ST_OK
                                                   : err_errno(err, ST_IO, "open '%s'", folder);
    const struct dirent *entry;
    while ((entry = readdir(open))) {
        Str name = str_of(entry->d_name);
        bool is_test = str_ends(name, STR(".yaml")) || str_ends(name, STR(".yml"));
        if (!is_test || name.p[0] == '.')
            continue;
        char **slot = VEC_PUSH(arena, ret);
        if (!slot || !(*slot = arena_printf(arena, "%s/%s", folder, entry->d_name)))
            return err_nomem(err);
        if (ret->count > LIMIT_RULE_COUNT)
            return err_set(err, ST_LIMIT, "'%s' holds too many files", folder);
    }
    if (ret->count > 1)
        qsort(ret->items, ret->count, sizeof *ret->items, compare_names);
    return ST_OK;
}

static Status
run_folder(TestRun *run, Map *done, Str folder, Err *err)
{
    const char *tests = arena_printf(run->arena, STR_FMT "%stests", STR_ARG(folder),
                                     folder.n > 0 ? "/" : "");
    if (!tests)
        return err_nomem(err);
    if (map_has(done, str_of(tests)))
        return ST_OK;
    if (!map_put(done, str_of(tests), run))
        return err_nomem(err);
    Names names = {0};
    TRY(list_tests(run->arena, tests, &names, err));
    for (size_t i = 0; i < names.count; i++)
        TRY(test_run_file(run, names.items[i], err));
    return ST_OK;
}

Status
test_run_all(TestRun *run, Err *err)
{
    Map done;
    map_init(&done, run->arena);
    for (size_t i = 0; i < run->set->files.count; i++) {
        const RuleFile *file = run->set->files.items[i];
        Str folder = file->pack->folder;
        size_t slash;
        if (folder.n == 0 && str_rfind_char(str_of(file->path), '/', &slash))
            folder = str_head(str_of(file->path), slash > 0 ? slash : 1);
        TRY(run_folder(run, &done, folder, err));
    }
    return ST_OK;
}

void
test_run_owed(TestRun *run)
{
    static const VerdictKind OWED[] = {VERDICT_FINDING, VERDICT_OK, VERDICT_NOT_EVALUATED};
    for (size_t i = 0; i < run->set->rules.count; i++) {
        const Rule *rule = run->set->rules.items[i];
        if (rule->status != STATUS_STABLE)
            continue;
        for (size_t k = 0; k < sizeof OWED / sizeof *OWED; k++) {
            if (run->expected[i] & 1u << OWED[k])
                continue;
            run->failed++;
            buf_printf(run->out, "%s:%u: " STR_FMT " is stable and has no test that expects "
                       "%s\n", rule->file->path, rule->line, STR_ARG(rule->id),
                       SCHEMA_VERDICTS[OWED[k]]);
        }
    }
}
