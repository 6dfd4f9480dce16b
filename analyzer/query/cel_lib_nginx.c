/* SPDX-License-Identifier: Apache-2.0 */
/* cel_lib_nginx.c -- nginx.passes: where NGINX forwards to, and in which version of HTTP.
 *
 * The files are those of ConfigMaps, by their keys.  A directive counts from the start of a
 * statement on; comments and quoted texts are left out.  proxy_http_version goes down into
 * blocks that do not name one of their own, wherever in its block it stands; an include of
 * a file that is there is read in its place, so such a file is read nowhere else.  What is no
 * NGINX configuration yields nothing. */
#include <string.h>

#include "analyzer/query/cel_libraries.h"
#include "base/map.h"

enum {
    DEPTH = 16,             /* of includes within includes; blocks have no limit of their own */
    WORDS = 64,             /* of one statement that are kept */
};

typedef struct {
    Str name;
    Str text;
    bool is_included;
    bool is_open;           /* being read: an include of it would have no end */
    bool is_read;
} File;

typedef struct {
    Str file;
    uint32_t line;
    Str url;
    Str version;            /* "" until a block around it names one */
    bool is_inside;         /* a block is around it: else it is a part of something unknown */
} Pass;

typedef struct {
    Str version;
    size_t first_pass;      /* of the block, and of those within */
    Str upstream;           /* the name, in a block "upstream NAME" */
} Block;

typedef VEC(Str) Hosts;

typedef struct {
    CelRun *run;
    VEC(File) files;
    VEC(Pass) passes;
    VEC(Block) blocks;
    Map upstreams;          /* name -> Hosts * */
    Map variables;          /* "$name" -> Str *, of set */
    bool is_first_time;     /* looking for includes only */
    bool lacks_memory;
    unsigned depth;
} Reading;

/* ---- words ---- */

typedef struct {
    Str text;
    size_t at;
    uint32_t line;
} Cursor;

static bool
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* To the start of the next word or of ; { }; false at the end. */
static bool
skip_to_word(Cursor *cursor)
{
    for (; cursor->at < cursor->text.n; cursor->at++) {
        char c = cursor->text.p[cursor->at];
        if (c == '#') {
            while (cursor->at < cursor->text.n && cursor->text.p[cursor->at] != '\n')
                cursor->at++;
            if (cursor->at == cursor->text.n)
                return false;
            c = '\n';
        }
        if (!is_space(c))
            return true;
        cursor->line += c == '\n';
    }
    return false;
}

static Str
quoted_word(Cursor *cursor)
{
    char quote = cursor->text.p[cursor->at];
    size_t start = ++cursor->at;
    for (; cursor->at < cursor->text.n && cursor->text.p[cursor->at] != quote; cursor->at++) {
        cursor->line += cursor->text.p[cursor->at] == '\n';
        if (cursor->text.p[cursor->at] == '\\' && cursor->at + 1 < cursor->text.n)
            cursor->at++;
    }
    Str word = str_sub(cursor->text, start, cursor->at - start);
    cursor->at += cursor->at < cursor->text.n;
    return word;
}

/* "${name}" is part of a word, any other brace is none. */
static Str
plain_word(Cursor *cursor)
{
    size_t start = cursor->at;
    bool in_variable = false;
    for (; cursor->at < cursor->text.n; cursor->at++) {
        char c = cursor->text.p[cursor->at];
        if (c == '{' && cursor->at > start && cursor->text.p[cursor->at - 1] == '$')
            in_variable = true;
        else if (c == '}' && in_variable)
            in_variable = false;
        else if (is_space(c) || c == ';' || c == '{' || c == '}')
            break;
    }
    return str_sub(cursor->text, start, cursor->at - start);
}

/* Words up to ; { or }, which is returned; 0 at the end of the text. */
static char
next_statement(Cursor *cursor, Str *words, size_t *ret_count, uint32_t *ret_line)
{
    *ret_count = 0;
    while (skip_to_word(cursor)) {
        char c = cursor->text.p[cursor->at];
        if (*ret_count == 0)
            *ret_line = cursor->line;
        if (c == ';' || c == '{' || c == '}') {
            cursor->at++;
            return c;
        }
        Str word = c == '"' || c == '\'' ? quoted_word(cursor) : plain_word(cursor);
        if (*ret_count < WORDS)
            words[(*ret_count)++] = word;
    }
    return '\0';
}

/* ---- statements ---- */

static void read_file(Reading *reading, File *file);

/* An element that was added to a list, or NULL once there is no more memory for it. */
static void *
kept(Reading *reading, void *element)
{
    reading->lacks_memory = reading->lacks_memory || !element;
    return element && cel_alloc(reading->run, 1) ? element : NULL;
}

/* Files are compared by their last part: where they are mounted is told by the Pod alone. */
static void
include(Reading *reading, Str pattern)
{
    size_t slash;
    if (str_rfind_char(pattern, '/', &slash))
        pattern = str_from(pattern, slash + 1);
    if (reading->depth == DEPTH)
        return;
    reading->depth++;
    for (size_t i = 0; i < reading->files.count; i++) {
        if (!cel_work(reading->run, 1))
            break;
        File *file = &reading->files.items[i];
        if (file->is_open || !str_glob(pattern, file->name, false))
            continue;
        if (reading->is_first_time)
            file->is_included = true;
        else
            read_file(reading, file);
    }
    reading->depth--;
}

static void
add_pass(Reading *reading, Str file, uint32_t line, Str url)
{
    Pass *pass = kept(reading, VEC_PUSH(reading->run->arena, &reading->passes));
    if (pass)
        *pass = (Pass){.file = file, .line = line, .url = url,
                       .is_inside = reading->blocks.count > 1};
}

static void
add_server(Reading *reading, Str upstream, Str address)
{
    Hosts *hosts = map_get(&reading->upstreams, upstream);
    if (!hosts) {
        hosts = cel_alloc(reading->run, sizeof *hosts);
        if (!hosts)
            return;
        *hosts = (Hosts){0};
        if (!map_put(&reading->upstreams, upstream, hosts))
            reading->lacks_memory = true;
    }
    Str *slot = kept(reading, VEC_PUSH(reading->run->arena, hosts));
    if (slot)
        *slot = address;
}

static void
set_variable(Reading *reading, Str name, Str value)
{
    Str *slot = cel_alloc(reading->run, sizeof *slot);
    if (!slot)
        return;
    *slot = value;
    if (!map_put(&reading->variables, name, slot))
        reading->lacks_memory = true;
}

static void
read_directive(Reading *reading, Str file, uint32_t line, const Str *words, size_t count)
{
    Block *block = &reading->blocks.items[reading->blocks.count - 1];
    if (count < 2)
        return;
    if (str_is(words[0], "include"))
        include(reading, words[1]);
    else if (reading->is_first_time)
        return;
    else if (str_is(words[0], "proxy_http_version"))
        block->version = words[1];
    else if (str_is(words[0], "proxy_pass"))
        add_pass(reading, file, line, words[1]);
    else if (str_is(words[0], "server") && block->upstream.n)
        add_server(reading, block->upstream, words[1]);
    else if (str_is(words[0], "set") && count > 2)
        set_variable(reading, words[1], words[2]);
}

static void
open_block(Reading *reading, const Str *words, size_t count)
{
    Block *block = kept(reading, VEC_PUSH(reading->run->arena, &reading->blocks));
    if (!block)
        return;
    bool upstream = count == 2 && str_is(words[0], "upstream");
    *block = (Block){.first_pass = reading->passes.count, .upstream = upstream ? words[1] : STR("")};
}

static void
close_block(Reading *reading)
{
    Block *block = &reading->blocks.items[--reading->blocks.count];
    for (size_t i = block->first_pass; block->version.n && i < reading->passes.count; i++) {
        if (reading->passes.items[i].version.n == 0)
            reading->passes.items[i].version = block->version;
    }
}

/* A brace that closes nothing of this file is none. */
static void
read_file(Reading *reading, File *file)
{
    Cursor cursor = {file->text, 0, 1};
    Str words[WORDS];
    size_t count;
    uint32_t line = 1;
    size_t outside = reading->blocks.count;
    if (!cel_traverse(reading->run, file->text.n))
        return;
    file->is_open = true;
    file->is_read = !reading->is_first_time;
    for (char end; (end = next_statement(&cursor, words, &count, &line)) != '\0';) {
        if (!cel_work(reading->run, 1) || reading->lacks_memory)
            break;
        if (end == '{')
            open_block(reading, words, count);
        else if (end == ';')
            read_directive(reading, file->name, line, words, count);
        else if (reading->blocks.count > outside)
            close_block(reading);
    }
    while (reading->blocks.count > outside)
        close_block(reading);
    file->is_open = false;
}

/* ---- the answer ---- */

/* Host of "http://host:port/path"; "" for a socket or another scheme. */
static Str
host_of(Str url)
{
    size_t at;
    if (str_starts(url, STR("http://")))
        url = str_from(url, 7);
    else if (str_starts(url, STR("https://")))
        url = str_from(url, 8);
    else if (str_find(url, STR("://"), &at))
        return STR("");
    if (str_starts(url, STR("unix:")))
        return STR("");
    if (url.n && url.p[0] == '[')
        return str_find_char(url, ']', &at) ? str_sub(url, 1, at - 1) : STR("");
    at = 0;
    while (at < url.n && url.p[at] != ':' && url.p[at] != '/' && url.p[at] != '?')
        at++;
    return str_head(url, at);
}

/* "$name" and "${name}" as they were set; others stay. */
static Str
resolved(const Reading *reading, Str word)
{
    Str name = word;
    char braced[256];
    if (str_starts(word, STR("${")) && word.n < sizeof braced) {
        size_t end;
        if (!str_find_char(word, '}', &end))
            return word;
        braced[0] = '$';
        memcpy(braced + 1, word.p + 2, end - 2);
        name = (Str){braced, end - 1};
    }
    const Str *value = map_get(&reading->variables, name);
    return value ? *value : word;
}

static Value
hosts_value(Reading *reading, Str url)
{
    CelValues hosts = {0};
    if (url.n && url.p[0] == '$')
        url = resolved(reading, url);
    Str host = host_of(url);
    if (host.n && host.p[0] == '$')
        host = host_of(resolved(reading, host));
    const Hosts *servers = map_get(&reading->upstreams, host);
    for (size_t i = 0; servers && i < servers->count; i++) {
        Str own = host_of(servers->items[i]);
        if (own.n && !cel_push(reading->run, &hosts, value_string(own)))
            return cel_stopped(reading->run);
    }
    if (!servers && host.n && !cel_push(reading->run, &hosts, value_string(host)))
        return cel_stopped(reading->run);
    return cel_list(reading->run, hosts.items, hosts.count);
}

static Value
pass_value(Reading *reading, const Pass *pass)
{
    ValueField fields[] = {
        {"file", value_string(pass->file)},
        {"line", value_int(pass->line)},
        {"url", value_string(pass->url)},
        {"version", value_string(pass->version.n ? pass->version : STR("1.0"))},
        {"hosts", hosts_value(reading, pass->url)},
    };
    return value_record(reading->run->arena, fields, sizeof fields / sizeof *fields, NULL);
}

/* Only texts count: a key that is no text holds no configuration. */
static bool
add_files(Reading *reading, Value map)
{
    for (size_t i = 0; i < value_count(map); i++) {
        Value key;
        Value value;
        value_entry(map, i, &key, &value);
        if (key.type != VALUE_STRING || value.type != VALUE_STRING)
            continue;
        File *file = kept(reading, VEC_PUSH(reading->run->arena, &reading->files));
        if (!file)
            return false;
        *file = (File){.name = key.string, .text = value.string};
    }
    return true;
}

/* With included, those files as well that only include each other. */
static void
read_all(Reading *reading, bool first_time, bool included)
{
    reading->is_first_time = first_time;
    for (size_t i = 0; i < reading->files.count && !reading->run->limit; i++) {
        const File *file = &reading->files.items[i];
        if (!first_time && (file->is_read || (file->is_included && !included)))
            continue;
        reading->blocks.count = 0;
        open_block(reading, NULL, 0);
        if (reading->blocks.count == 0)
            return;
        read_file(reading, &reading->files.items[i]);
        close_block(reading);
    }
}

static Value
stopped(const Reading *reading)
{
    return reading->lacks_memory ? value_nomem() : cel_stopped(reading->run);
}

static Value
passes(CelRun *run, const Value *args, size_t count)
{
    Reading reading = {.run = run};
    CelValues found = {0};
    bool is_list = args[0].type == VALUE_LIST;
    (void)count;
    map_init(&reading.upstreams, run->arena);
    map_init(&reading.variables, run->arena);
    for (size_t i = 0; i < (is_list ? value_count(args[0]) : 1); i++) {
        Value files = is_list ? value_item(args[0], i) : args[0];
        if (value_is_absorbing(files) || value_is_incomplete(files))
            return cel_settle(files);
        if (files.type != VALUE_MAP)
            return cel_no_overload(run, "nginx.passes", &files, 1);
        if (!add_files(&reading, files))
            return stopped(&reading);
    }
    read_all(&reading, true, true);
    read_all(&reading, false, false);
    read_all(&reading, false, true);
    for (size_t i = 0; i < reading.passes.count && !run->limit; i++) {
        if (reading.passes.items[i].is_inside &&
            !cel_push(run, &found, pass_value(&reading, &reading.passes.items[i])))
            break;
    }
    if (run->limit || reading.lacks_memory)
        return stopped(&reading);
    return cel_list(run, found.items, found.count);
}

static const CelFunction ROWS[] = {
    {"nginx.passes", 0, "m", passes, "meshcase", "nginx.passes(files) -> list",
     "each proxy_pass in NGINX's files, a map such as the data of a ConfigMap: {file, line, url, "
     "version, hosts}, version being that of proxy_http_version as blocks and includes hand it down, "
     "1.0 where none is named, and hosts those of the upstream that the URL names"},
    {"nginx.passes", 0, "l", passes, "meshcase", "nginx.passes(list) -> list",
     "the same of files in several maps that include each other"},
};
const CelLibrary CEL_LIBRARY_nginx = CEL_LIBRARY(ROWS);
