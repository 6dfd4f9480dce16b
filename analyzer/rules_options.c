/* SPDX-License-Identifier: Apache-2.0 */
/* rules_options.c -- the command lines of meshcase-rules. */
#include "analyzer/rules_command.h"

#define PROGRAM "meshcase-rules"
#define FIELD(name) .target = offsetof(RulesOptions, name)
#define RULES_OPTION                                                                       \
    {"rules", 'r', OPTION_LIST, "PATH", "rules to look at; default those brought along",  \
     FIELD(rules)}
#define PARAM_OPTION                                                                      \
    {"param", 'p', OPTION_LIST, "NAME=VALUE", "set a param of the rules; repeatable",    \
     FIELD(params)}
#define EXIT_CODES                                                                        \
    "0   good\n1   a test or lint failed\n2   wrong use\n3   something cannot be read\n"  \
    "6   output could not be written\n75  the machine's fault: no memory; try again\n"

static const char *const SHAPES[] = {"rules", "overlay", "tests", "pack", NULL};

static const Option LINT[] = {
    {"strict", 0, OPTION_FLAG, NULL, "also ask for what a shipped pack owes", FIELD(strict)},
    {"plan", 0, OPTION_LIST, "FILE",
     "refuse evidence that this plan does not collect; repeatable; default the built-in plan",
     FIELD(plans)},
    {0},
};
const OptionSet OPTIONS_lint = {
    .program = PROGRAM, .command = "lint", .usage = "[OPTION]... [PATH]...",
    .summary = "tell everything that is wrong with rule files", .exit_codes = EXIT_CODES,
    .options = LINT, .max_operands = SIZE_MAX,
};

static const Option TEST[] = {
    {"tests", 't', OPTION_LIST, "FILE", "files of tests instead of those beside the rules",
     FIELD(tests)},
    {0},
};
const OptionSet OPTIONS_test = {
    .program = PROGRAM, .command = "test", .usage = "[OPTION]... [PATH]...",
    .summary = "run the tests beside rules", .exit_codes = EXIT_CODES, .options = TEST,
    .max_operands = SIZE_MAX,
};

static const Option LIST[] = {
    {"long", 'l', OPTION_FLAG, NULL, "also the evidence that each rule needs", FIELD(is_long)},
    {"json", 0, OPTION_FLAG, NULL, "one JSON object a rule and line: sections of the guide, needs, messages",
     FIELD(json)},
    {0},
};
const OptionSet OPTIONS_list = {
    .program = PROGRAM, .command = "list", .usage = "[OPTION]... [PATH]...",
    .summary = "list rules: id, severity, status, title", .exit_codes = EXIT_CODES,
    .options = LIST, .max_operands = SIZE_MAX,
};

static const Option EXPLAIN[] = {RULES_OPTION, {0}};
const OptionSet OPTIONS_explain = {
    .program = PROGRAM, .command = "explain", .usage = "[OPTION]... ID...",
    .summary = "say in words what a rule needs, when it fires, why, and what to do",
    .exit_codes = EXIT_CODES, .options = EXPLAIN, .min_operands = 1, .max_operands = SIZE_MAX,
};

static const Option EVAL[] = {
    RULES_OPTION,
    PARAM_OPTION,
    {"rule", 0, OPTION_TEXT, "ID", "use the names of this rule; without CEL evaluate it",
     FIELD(rule)},
    {"let", 0, OPTION_LIST, "NAME=SOURCE", "a name for evidence, as in a rule; repeatable",
     FIELD(lets)},
    {"trace", 0, OPTION_FLAG, NULL, "show every part of an expression with its value",
     FIELD(trace)},
    {0},
};
const OptionSet OPTIONS_eval = {
    .program = PROGRAM, .command = "eval", .usage = "[OPTION]... BUNDLE [CEL]",
    .summary = "evaluate an expression, or a rule, over a bundle",
    .description =
        "  meshcase-rules eval case.tar.gz 'pods.map(p, p.metadata.name)' \\\n"
        "      --let 'pods={k8s: {kind: Pod, namespace: istio-system}}'\n"
        "  meshcase-rules eval case.tar.gz --rule MIX-101 --trace\n",
    .exit_codes = EXIT_CODES, .options = EVAL, .min_operands = 1, .max_operands = 2,
};

static const Option SCHEMA[] = {
    {"of", 0, OPTION_CHOICE, "WHAT", "kind of file", FIELD(shape), .choices = SHAPES,
     .fallback = "rules"},
    {0},
};
const OptionSet OPTIONS_schema = {
    .program = PROGRAM, .command = "schema", .usage = "[OPTION]...",
    .summary = "print the JSON Schema of a kind of file, for editors",
    .exit_codes = EXIT_CODES, .options = SCHEMA,
};

static const Option DOCS[] = {
    {"language", 0, OPTION_FLAG, NULL,
     "the reference of the language instead: keys, sources, functions", FIELD(language)},
    {0},
};
const OptionSet OPTIONS_docs = {
    .program = PROGRAM, .command = "docs", .usage = "[OPTION]... [PATH]...",
    .summary = "render packs of rules to Markdown", .exit_codes = EXIT_CODES, .options = DOCS,
    .max_operands = SIZE_MAX,
};
