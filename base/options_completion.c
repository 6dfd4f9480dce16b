/* SPDX-License-Identifier: Apache-2.0 */
/* options_completion.c -- option tables as completion scripts for bash, zsh and fish. */
#include "base/options.h"

#include "base/options_internal.h"

typedef struct {
    const OptionSet *const *sets;    /* the program's, then those of its subcommands */
    size_t count;
    const char *program;
    Buf *out;
} Script;

/* The program's name as that of a shell function: "_meshcase_collect". */
static void
add_function_name(const Script *script)
{
    buf_addc(script->out, '_');
    for (const char *c = script->program; *c; c++)
        buf_addc(script->out, *c == '-' ? '_' : *c);
}

static void
add_choices(const Option *option, Buf *out)
{
    for (size_t i = 0; option->choices[i]; i++)
        buf_printf(out, "%s%s", i ? " " : "", option->choices[i]);
}

/* text inside single quotes; before each of the special characters stands a backslash. */
static void
add_quoted(const char *text, const char *special, const char *quote, Buf *out)
{
    for (const char *c = text; *c; c++) {
        size_t at;
        if (*c == '\'')
            buf_adds(out, quote);
        else if (str_find_char(str_of(special), *c, &at))
            buf_printf(out, "\\%c", *c);
        else
            buf_addc(out, *c);
    }
}

/* bash: an option that waits for its value, then a word that begins with a minus; file
 * names are what bash offers where the function offers nothing. */
static void
add_bash_values(const OptionSet *set, Buf *out)
{
    const Option *option = NULL;
    buf_adds(out, "        case $before in\n");
    while ((option = option_next(set, option)) != NULL) {
        if (option->type == OPTION_FLAG)
            continue;
        buf_printf(out, "        --%s", option->name);
        if (option->letter)
            buf_printf(out, "|-%c", option->letter);
        if (option->type == OPTION_CHOICE) {
            buf_adds(out, ") mapfile -t COMPREPLY < <(compgen -W '");
            add_choices(option, out);
            buf_adds(out, "' -- \"$word\"); return ;;\n");
        } else {
            buf_adds(out, ") return ;;\n");
        }
    }
    buf_adds(out, "        esac\n        words='");
    while ((option = option_next(set, option)) != NULL)
        buf_printf(out, "--%s ", option->name);
    buf_adds(out, "' ;;\n");
}

static void
write_bash(const Script *script)
{
    Buf *out = script->out;
    buf_printf(out, "# bash completion for %s\n", script->program);
    add_function_name(script);
    buf_adds(out, "()\n{\n"
                  "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
                  "    local command=${COMP_WORDS[1]} words=\n"
                  "    COMPREPLY=()\n"
                  "    # bash splits --name=value into three words.\n"
                  "    if [[ $word == = ]]; then\n"
                  "        word=\n"
                  "    elif [[ $before == = ]]; then\n"
                  "        before=${COMP_WORDS[COMP_CWORD-2]}\n"
                  "    fi\n"
                  "    case $command in\n");
    for (size_t i = 1; i < script->count; i++) {
        buf_printf(out, "    %s)\n", script->sets[i]->command);
        add_bash_values(script->sets[i], out);
    }
    buf_adds(out, "    *)\n");
    add_bash_values(script->sets[0], out);
    buf_adds(out, "    esac\n");
    if (script->count > 1) {
        buf_adds(out, "    if [[ $COMP_CWORD == 1 ]]; then\n        words+='");
        for (size_t i = 1; i < script->count; i++)
            buf_printf(out, "%s ", script->sets[i]->command);
        buf_adds(out, "'\n    elif [[ $word != -* ]]; then\n        return\n    fi\n");
    } else {
        buf_adds(out, "    [[ $word == -* ]] || return\n");
    }
    buf_adds(out, "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n}\n"
                  "complete -o default -F ");
    add_function_name(script);
    buf_printf(out, " %s\n", script->program);
}

/* zsh: one _arguments call for each set. */
static void
add_zsh_option(const Option *option, Buf *out)
{
    const char *value = option->type == OPTION_FLAG ? "" : "=";
    buf_adds(out, " \\\n        ");
    if (option->type == OPTION_LIST)
        buf_adds(out, "'*'");
    else if (option->letter)
        buf_printf(out, "'(-%c --%s)'", option->letter, option->name);
    if (option->letter)
        buf_printf(out, "{-%c%s,--%s%s}", option->letter, option->type == OPTION_FLAG ? "" : "+",
                   option->name, value);
    else
        buf_printf(out, "--%s%s", option->name, value);
    buf_adds(out, "'[");
    add_quoted(option->help, "[]:\\", "'\\''", out);
    buf_adds(out, "]");
    if (option->type != OPTION_FLAG) {
        buf_addc(out, ':');
        add_quoted(option->argument, ":\\", "'\\''", out);
        buf_addc(out, ':');
        if (option->type == OPTION_CHOICE) {
            buf_addc(out, '(');
            add_choices(option, out);
            buf_addc(out, ')');
        } else if (option_takes_file(option)) {
            buf_adds(out, "_files");
        }
    }
    buf_addc(out, '\'');
}

static void
add_zsh_options(const OptionSet *set, Buf *out)
{
    const Option *option = NULL;
    while ((option = option_next(set, option)) != NULL)
        add_zsh_option(option, out);
}

static void
add_zsh_commands(const Script *script)
{
    Buf *out = script->out;
    buf_adds(out, " \\\n        '1:command:((");
    for (size_t i = 1; i < script->count; i++) {
        buf_printf(out, "%s%s\\:\"", i > 1 ? " " : "", script->sets[i]->command);
        add_quoted(script->sets[i]->summary, "\"\\", "'\\''", out);
        buf_addc(out, '"');
    }
    buf_adds(out, "))' \\\n        '*::argument:->command'\n    case $state in\n"
                  "    command)\n        case $words[1] in\n");
    for (size_t i = 1; i < script->count; i++) {
        buf_printf(out, "        %s) _arguments -s", script->sets[i]->command);
        add_zsh_options(script->sets[i], out);
        buf_adds(out, " \\\n        '*:file:_files' ;;\n");
    }
    buf_adds(out, "        esac ;;\n    esac\n");
}

static void
write_zsh(const Script *script)
{
    Buf *out = script->out;
    buf_printf(out, "#compdef %s\n# zsh completion for %s\n", script->program, script->program);
    add_function_name(script);
    buf_adds(out, "()\n{\n    local context state line\n    typeset -A opt_args\n"
                  "    _arguments -s");
    buf_adds(out, script->count > 1 ? " -C" : "");
    add_zsh_options(script->sets[0], out);
    if (script->count > 1)
        add_zsh_commands(script);
    else
        buf_adds(out, " \\\n        '*:file:_files'\n");
    /* Read by compinit as a file of the function path, or by the user's start file. */
    buf_adds(out, "}\nif [[ $funcstack[1] == ");
    add_function_name(script);
    buf_adds(out, " ]]; then\n    ");
    add_function_name(script);
    buf_adds(out, " \"$@\"\nelse\n    compdef ");
    add_function_name(script);
    buf_printf(out, " %s\nfi\n", script->program);
}

static void
add_fish_option(const Script *script, const OptionSet *set, const Option *option)
{
    Buf *out = script->out;
    buf_printf(out, "complete -c %s", script->program);
    if (set->command)
        buf_printf(out, " -n '__fish_seen_subcommand_from %s'", set->command);
    else if (script->count > 1)
        buf_adds(out, " -n __fish_use_subcommand");
    if (option->letter)
        buf_printf(out, " -s %c", option->letter);
    buf_printf(out, " -l %s", option->name);
    if (option->type == OPTION_CHOICE) {
        buf_adds(out, " -x -a '");
        add_choices(option, out);
        buf_addc(out, '\'');
    } else if (option->type != OPTION_FLAG) {
        buf_adds(out, option_takes_file(option) ? " -r -F" : " -x");
    }
    buf_adds(out, " -d '");
    add_quoted(option->help, "\\", "\\'", out);
    buf_adds(out, "'\n");
}

static void
write_fish(const Script *script)
{
    Buf *out = script->out;
    buf_printf(out, "# fish completion for %s\n", script->program);
    for (size_t i = 1; i < script->count; i++) {
        buf_printf(out, "complete -c %s -n __fish_use_subcommand -f -a %s -d '", script->program,
                   script->sets[i]->command);
        add_quoted(script->sets[i]->summary, "\\", "\\'", out);
        buf_adds(out, "'\n");
    }
    for (size_t i = 0; i < script->count; i++) {
        const Option *option = NULL;
        while ((option = option_next(script->sets[i], option)) != NULL)
            add_fish_option(script, script->sets[i], option);
    }
}

Status
options_completion(const OptionSet *const *sets, size_t count, const char *shell, Buf *out,
                   Err *err)
{
    static const struct {
        const char *shell;
        void (*write)(const Script *script);
    } WRITERS[] = {{"bash", write_bash}, {"zsh", write_zsh}, {"fish", write_fish}};
    Script script = {sets, count, sets[0]->program, out};
    for (size_t i = 0; i < sizeof WRITERS / sizeof *WRITERS; i++) {
        if (str_is(str_of(WRITERS[i].shell), shell)) {
            WRITERS[i].write(&script);
            return ST_OK;
        }
    }
    return err_set(err, ST_USAGE, "no completion for shell '%s': bash, zsh or fish", shell);
}
