/* SPDX-License-Identifier: Apache-2.0 */
/* options.c -- parses a command line by an option table. */
#include "base/options.h"

#include "base/options_internal.h"
#include "base/timestamp.h"

#include <string.h>

const Option OPTIONS_BUILTIN[] = {
    {"help", 'h', OPTION_FLAG, NULL, "show this help", offsetof(OptionResult, help), NULL, NULL,
     false},
    {"version", 0, OPTION_FLAG, NULL, "show the version", offsetof(OptionResult, version), NULL,
     NULL, false},
    {"man", 0, OPTION_FLAG, NULL, "print the manual page, for man -l -",
     offsetof(OptionResult, man), NULL, NULL, false},
    {"completion", 0, OPTION_TEXT, "SHELL", "print the completion script for bash, zsh or fish",
     offsetof(OptionResult, completion), NULL, NULL, false},
    {.name = NULL},
};

/* One parse. */
typedef struct {
    const OptionSet *set;
    Arena *arena;
    void *target;
    OptionResult result;
    size_t most;          /* items that a list can get: as many as there are arguments */
    bool *seen;           /* by index in the set's table */
    bool *seen_builtin;
    char **rest;          /* arguments not yet looked at */
    size_t rest_count;
} Parse;

static bool
is_own(const OptionSet *set, const Option *option)
{
    for (const Option *own = set->options; own && own->name; own++)
        if (own == option)
            return true;
    return false;
}

const Option *
option_next(const OptionSet *set, const Option *before)
{
    bool own = before ? is_own(set, before) : set->options != NULL;
    const Option *next = before ? before + 1 : own ? set->options : OPTIONS_BUILTIN;
    while (next->name && next->hidden)
        next++;
    if (!next->name && own)
        next = OPTIONS_BUILTIN;
    return next->name ? next : NULL;
}

/* The set's own options come first, so that a letter of theirs hides a built-in one. */
static const Option *
find_option(const Parse *parse, Str name, char letter)
{
    const Option *const tables[] = {parse->set->options, OPTIONS_BUILTIN};
    for (size_t i = 0; i < 2; i++)
        for (const Option *option = tables[i]; option && option->name; option++)
            if (letter ? option->letter == letter : str_is(name, option->name))
                return option;
    return NULL;
}

/* The shown option that was perhaps meant: begun like that, or nearly the same. */
static const char *
suggest(const Parse *parse, Str name)
{
    const char *begun = NULL;
    const Option *option = NULL;
    VEC(const char *) names = {0};
    while ((option = option_next(parse->set, option)) != NULL) {
        const char **slot = VEC_PUSH(parse->arena, &names);
        if (!slot)
            return NULL;
        *slot = option->name;
        if (name.n >= 2 && !begun && str_starts(str_of(option->name), name))
            begun = option->name;
    }
    if (!VEC_PUSH(parse->arena, &names))    /* the end of the list */
        return NULL;
    return begun ? begun : str_nearest(name, names.items);
}

static Status
fail_unknown(const Parse *parse, Str name, Err *err)
{
    const char *meant = suggest(parse, name);
    if (meant)
        return err_set(err, ST_USAGE, "unknown option '--" STR_FMT "'; did you mean '--%s'?",
                       STR_ARG(name), meant);
    return err_set(err, ST_USAGE, "unknown option '--" STR_FMT "'", STR_ARG(name));
}

static void *
field(void *object, const Option *option)
{
    return (char *)object + option->target;
}

static Status
fail_value(const Option *option, const char *value, const char *kind, Err *err)
{
    return err_set(err, ST_USAGE, "option '--%s': '%s' is not %s", option->name, value, kind);
}

static Status
set_choice(const Option *option, const char *value, void *at, Err *err)
{
    for (int i = 0; option->choices[i]; i++) {
        if (strcmp(option->choices[i], value) == 0) {
            memcpy(at, &i, sizeof i);
            return ST_OK;
        }
    }
    const char *meant = str_nearest(str_of(value), option->choices);
    if (meant)
        return err_set(err, ST_USAGE, "option '--%s': unknown value '%s'; did you mean '%s'?",
                       option->name, value, meant);
    CLEANUP(buf_done) Buf list = BUF_INIT(400);
    for (int i = 0; option->choices[i]; i++)
        buf_printf(&list, "%s%s", i ? ", " : "", option->choices[i]);
    return err_set(err, ST_USAGE, "option '--%s': '%s' is none of " STR_FMT, option->name, value,
                   STR_ARG(buf_str(&list)));
}

static Status
add_to_list(Parse *parse, const char *value, OptionList *list, Err *err)
{
    if (!list->items) {
        list->items = ARENA_ARRAY(parse->arena, const char *, parse->most);
        if (!list->items)
            return err_nomem(err);
    }
    list->items[list->count++] = value;
    return ST_OK;
}

static Status
set_value(Parse *parse, const Option *option, void *object, const char *value, Err *err)
{
    void *at = field(object, option);
    Str text = str_of(value);
    switch (option->type) {
    case OPTION_FLAG:
        *(bool *)at = true;
        return ST_OK;
    case OPTION_TEXT:
    case OPTION_LIST:
        if (text.n == 0)
            return err_set(err, ST_USAGE, "option '--%s': %s is empty", option->name,
                           option->argument);
        if (option->type == OPTION_LIST)
            return add_to_list(parse, value, at, err);
        memcpy(at, &value, sizeof value);
        return ST_OK;
    case OPTION_COUNT:
        if (!str_to_u64(text, at))
            return fail_value(option, value, "a number such as 8", err);
        return ST_OK;
    case OPTION_SIZE:
        if (!size_parse(text, at))
            return fail_value(option, value, "a size such as 512, 64KiB, 10MiB or 1GiB", err);
        return ST_OK;
    case OPTION_DURATION:
        if (str_starts(text, STR("-")) || !duration_parse(text, at))
            return fail_value(option, value, "a duration such as 90s, 10m or 24h", err);
        return ST_OK;
    case OPTION_TIME:
        if (!timestamp_parse(text, at))
            return fail_value(option, value, "a time such as 2018-06-01T12:00:00Z", err);
        return ST_OK;
    case OPTION_CHOICE:
        return set_choice(option, value, at, err);
    }
    return err_set(err, ST_INTERNAL, "option '--%s' has no type", option->name);
}

static Status
set_defaults(Parse *parse, Err *err)
{
    static const size_t SIZES[] = {
        [OPTION_FLAG] = sizeof(bool),        [OPTION_TEXT] = sizeof(const char *),
        [OPTION_LIST] = sizeof(OptionList),  [OPTION_COUNT] = sizeof(uint64_t),
        [OPTION_SIZE] = sizeof(uint64_t),    [OPTION_DURATION] = sizeof(int64_t),
        [OPTION_TIME] = sizeof(int64_t),     [OPTION_CHOICE] = sizeof(int),
    };
    for (const Option *option = parse->set->options; option && option->name; option++) {
        memset(field(parse->target, option), 0, SIZES[option->type]);
        Err why = {0};
        if (option->fallback &&
            set_value(parse, option, parse->target, option->fallback, &why) != ST_OK)
            return err_set(err, ST_INTERNAL, "default of %s", why.text);
    }
    return ST_OK;
}

/* The first value of a list replaces its default; nothing else may be given twice. */
static Status
note_use(Parse *parse, const Option *option, Err *err)
{
    bool *seen = is_own(parse->set, option) ? &parse->seen[option - parse->set->options]
                                            : &parse->seen_builtin[option - OPTIONS_BUILTIN];
    if (*seen && option->type != OPTION_LIST)
        return err_set(err, ST_USAGE, "option '--%s' is given twice", option->name);
    if (!*seen && option->type == OPTION_LIST)
        memset(field(parse->target, option), 0, sizeof(OptionList));
    *seen = true;
    return ST_OK;
}

/* value: the one written with the option; NULL takes the next argument where one is needed. */
static Status
use_option(Parse *parse, const Option *option, const char *value, Err *err)
{
    TRY(note_use(parse, option, err));
    if (option->type != OPTION_FLAG && !value) {
        if (parse->rest_count == 0)
            return err_set(err, ST_USAGE, "option '--%s' needs a value: %s", option->name,
                           option->argument);
        value = *parse->rest++;
        parse->rest_count--;
    }
    void *object = is_own(parse->set, option) ? parse->target : (void *)&parse->result;
    return set_value(parse, option, object, value, err);
}

static Status
use_long(Parse *parse, const char *argument, Err *err)
{
    Str name = str_of(argument + 2);
    const char *value = NULL;
    size_t at;
    if (str_find_char(name, '=', &at)) {
        value = name.p + at + 1;
        name = str_head(name, at);
    }
    const Option *option = find_option(parse, name, 0);
    if (!option)
        return fail_unknown(parse, name, err);
    if (option->type == OPTION_FLAG && value)
        return err_set(err, ST_USAGE, "option '--%s' takes no value", option->name);
    return use_option(parse, option, value, err);
}

/* "-o FILE", "-oFILE", or flags together: "-vqo FILE". */
static Status
use_letters(Parse *parse, const char *argument, Err *err)
{
    for (const char *letter = argument + 1; *letter; letter++) {
        const Option *option = find_option(parse, STR(""), *letter);
        if (!option)
            return err_set(err, ST_USAGE, "unknown option '-%c'", *letter);
        if (option->type != OPTION_FLAG)
            return use_option(parse, option, letter[1] ? letter + 1 : NULL, err);
        TRY(use_option(parse, option, NULL, err));
    }
    return ST_OK;
}

static bool
is_finished(const Parse *parse)
{
    return parse->result.help || parse->result.version || parse->result.man ||
           parse->result.completion;
}

static Status
check_operands(const Parse *parse, Err *err)
{
    const OptionSet *set = parse->set;
    if (parse->result.operand_count < set->min_operands)
        return err_set(err, ST_USAGE, "an argument is missing; usage: %s%s%s %s", set->program,
                       set->command ? " " : "", set->command ? set->command : "", set->usage);
    if (parse->result.operand_count > set->max_operands)
        return err_set(err, ST_USAGE, "unexpected argument '%s'",
                       parse->result.operands[set->max_operands]);
    return ST_OK;
}

static Status
take_arguments(Parse *parse, Err *err)
{
    bool only_operands = false;
    while (parse->rest_count > 0 && !is_finished(parse)) {
        const char *argument = *parse->rest++;
        parse->rest_count--;
        if (only_operands || argument[0] != '-' || argument[1] == '\0')
            parse->result.operands[parse->result.operand_count++] = argument;
        else if (strcmp(argument, "--") == 0)
            only_operands = true;
        else if (argument[1] == '-')
            TRY(use_long(parse, argument, err));
        else
            TRY(use_letters(parse, argument, err));
    }
    return is_finished(parse) ? ST_OK : check_operands(parse, err);
}

Status
options_parse(const OptionSet *set, int argc, char **argv, Arena *arena, void *target,
              OptionResult *ret, Err *err)
{
    size_t count = argc > 0 ? (size_t)argc - 1 : 0;
    size_t options = 0;
    while (set->options && set->options[options].name)
        options++;
    Parse parse = {
        .set = set,
        .arena = arena,
        .target = target,
        .most = count + 1,
        .seen = ARENA_ARRAY(arena, bool, options),
        .seen_builtin = ARENA_ARRAY(arena, bool, sizeof OPTIONS_BUILTIN / sizeof *OPTIONS_BUILTIN),
        .rest = argc > 0 ? argv + 1 : argv,
        .rest_count = count,
    };
    parse.result.operands = ARENA_ARRAY(arena, const char *, count);
    if (!parse.seen || !parse.seen_builtin || !parse.result.operands)
        return err_nomem(err);
    TRY(set_defaults(&parse, err));
    TRY(take_arguments(&parse, err));
    *ret = parse.result;
    return ST_OK;
}
