/* SPDX-License-Identifier: Apache-2.0 */
/* main.c -- generate NAME=VALUE...: a bundle, rules over its logs, or their patterns.
 *
 *     generate bundle=FILE [tar=FILE] [log_bytes=N] [log_count=N] [pod_bytes=N] [series=N]
 *              [density=PERCENT] [indent=N] [level=N] [seed=N]
 *     generate rules=FOLDER [patterns=N]
 *     generate list=plain|posix [patterns=N]          one pattern a line, for rg or grep -E */
#include "generate.h"

#include "base/cleanup.h"

#include <string.h>

typedef struct {
    Sizes sizes;
    const char *bundle;
    const char *tar;
    const char *rules;
    const char *list;
    uint64_t patterns;
} Command;

static bool
take_argument(Command *command, const char *argument)
{
    const struct {
        const char *name;
        const char **text;
        uint64_t *number;
    } ROWS[] = {
        {"bundle", &command->bundle, NULL}, {"tar", &command->tar, NULL},
        {"rules", &command->rules, NULL}, {"list", &command->list, NULL},
        {"patterns", NULL, &command->patterns}, {"seed", NULL, &command->sizes.seed},
        {"log_bytes", NULL, &command->sizes.log_bytes}, {"log_count", NULL,
            &command->sizes.log_count},
        {"pod_bytes", NULL, &command->sizes.pod_bytes}, {"series", NULL, &command->sizes.series},
        {"density", NULL, &command->sizes.density}, {"indent", NULL, &command->sizes.indent},
        {"level", NULL, &command->sizes.level},
    };
    const char *equals = strchr(argument, '=');
    for (size_t i = 0; equals && i < sizeof ROWS / sizeof *ROWS; i++) {
        if (!str_is((Str){argument, (size_t)(equals - argument)}, ROWS[i].name))
            continue;
        if (ROWS[i].text) {
            *ROWS[i].text = equals + 1;
            return true;
        }
        return str_to_u64(str_of(equals + 1), ROWS[i].number);
    }
    return false;
}

static Status
make_bundle(const Command *command, Err *err)
{
    CLEANUP(cleanup_sink) Sink *sink = NULL;
    World world;
    if (!command->sizes.log_count)
        return err_set(err, ST_USAGE, "log_count is 0");
    world_init(&world, &command->sizes);
    TRY(sink_new(command->bundle, command->tar, (int)command->sizes.level, &sink, err));
    TRY(sink_begin(sink, STR("kubernetes/version.json"), err));
    TRY(sink_data(sink, STR("{\"major\":\"1\",\"minor\":\"10\",\"gitVersion\":\"v1.10.4\"}\n"),
        err));
    TRY(sink_end(sink, err));
    TRY(make_objects(&world, sink, err));
    TRY(make_logs(&world, sink, err));
    TRY(make_metrics(&world, sink, err));
    return sink_finish(sink, err);
}

static Status
make_list(const Command *command, Err *err)
{
    CLEANUP(buf_done) Buf text = BUF_INIT(16 << 20);
    PatternForm form = str_is(str_of(command->list), "posix") ? PATTERN_POSIX : PATTERN_PLAIN;
    for (uint64_t i = 0; i < command->patterns; i++) {
        pattern_text(i, form, &text);
        buf_addc(&text, '\n');
    }
    TRY(buf_status(&text, err));
    return fwrite(text.data, 1, text.n, stdout) == text.n && fflush(stdout) == 0
               ? ST_OK
               : err_errno(err, ST_IO, "standard output");
}

int
main(int argc, char **argv)
{
    Err err = {0};
    Command command = {
        .patterns = 100,
        .sizes = {.seed = 1, .log_bytes = 1000000000, .log_count = 134, .pod_bytes = 200000000,
                  .series = 1000000, .density = 10, .level = 6},
    };
    for (int i = 1; i < argc; i++) {
        if (!take_argument(&command, argv[i])) {
            (void)fprintf(stderr, "generate: '%s' is not NAME=VALUE of a known name\n", argv[i]);
            return 2;
        }
    }
    Status status = ST_OK;
    if (command.patterns > PATTERN_MOST || !(command.bundle || command.rules || command.list))
        status = err_set(&err, ST_USAGE,
                         "give bundle=, rules= or list=, and at most 1000 patterns");
    if (status == ST_OK && command.bundle)
        status = make_bundle(&command, &err);
    if (status == ST_OK && command.rules)
        status = make_rules(command.rules, command.patterns, &err);
    if (status == ST_OK && command.list)
        status = make_list(&command, &err);
    if (status != ST_OK)
        (void)fprintf(stderr, "generate: %s\n", err.text);
    return status == ST_OK ? EXIT_SUCCESS : status == ST_USAGE ? 2 : EXIT_FAILURE;
}
