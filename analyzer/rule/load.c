/* SPDX-License-Identifier: Apache-2.0 */
/* load.c -- rule files, packs and folders of them, read and put in order. */
#include "analyzer/rule/load.h"

#include "analyzer/rule/schema.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "base/limits.h"
#include "base/yaml_position.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

/* Packs stand directly in the folder or a little below it; deeper trees are no rules. */
enum { FOLDER_DEPTH = 4 };

typedef VEC(char *) PathList;

RuleSet *
rules_new(Arena *arena)
{
    RuleSet *set = ARENA_NEW(arena, RuleSet);
    if (!set)
        return NULL;
    set->arena = arena;
    diagnostics_init(&set->diagnostics, arena);
    map_init(&set->by_id, arena);
    return set;
}

/* ---- one file ---- */

static Status
load_document(RuleSet *set, RuleFile *file, const Node *root, Err *err)
{
    (void)schema_check(&SCHEMA_FILE, root, file->path, &set->diagnostics);
    const Node *language = node_get(root, STR("language"));
    /* What a later language means is not known: checking it against this one's keys was
     * harmless, running it would not be. */
    if (node_is(language, NODE_INT) && language->integer > SCHEMA_LANGUAGE_NUMBER)
        return ST_OK;
    file->guide = node_string(node_get(root, STR("guide")));
    size_t errors = set->diagnostics.error_count;
    TRY(load_params(set, file, node_get(root, STR("params")), err));
    TRY(load_bindings(set, file, node_path(root, "defs.let"), BINDING_DEF, &file->defs, err));
    TRY(names_check_defs(set, file, err));
    const Node *rules = node_get(root, STR("rules"));
    for (uint32_t i = 0; node_is(rules, NODE_LIST) && i < rules->count; i++)
        TRY(load_rule(set, file, &rules->items[i], err));
    names_check_unused(set, file, set->diagnostics.error_count > errors ? root : NULL);
    return ST_OK;
}

static RuleFile *
add_file(RuleSet *set, const RulePack *pack, const char *path, Str text)
{
    RuleFile *file = ARENA_NEW(set->arena, RuleFile);
    RuleFile **slot = file ? VEC_PUSH(set->arena, &set->files) : NULL;
    char *kept = arena_cstr(set->arena, str_of(path));
    if (!slot || !kept)
        return NULL;
    *slot = file;
    file->path = kept;
    file->text = text;
    file->pack = pack;
    map_init(&file->names, set->arena);
    return file;
}

static RulePack *
add_pack(RuleSet *set, Str name)
{
    RulePack *pack = ARENA_NEW(set->arena, RulePack);
    RulePack **slot = pack ? VEC_PUSH(set->arena, &set->packs) : NULL;
    if (!slot)
        return NULL;
    *slot = pack;
    pack->name = name;
    return pack;
}

static const char *
base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

/* The pack that a bare file makes: local/<file>. */
static Status
bare_pack(RuleSet *set, const char *path, Str text, const RulePack **ret, Err *err)
{
    Str name = arena_strf(set->arena, "local/%s", base_name(path));
    RulePack *pack = name.p ? add_pack(set, name) : NULL;
    if (!pack)
        return err_nomem(err);
    Digest digest;
    char hex[DIGEST_HEX_BYTES];
    TRY(digest_of(text, &digest, err));
    digest_hex(&digest, hex);
    Str line = arena_strf(set->arena, "%s  %s\n", hex, base_name(path));
    if (!line.p)
        return err_nomem(err);
    TRY(digest_of(line, &pack->sha256, err));
    *ret = pack;
    return ST_OK;
}

Status
rules_load_text(RuleSet *set, const RulePack *pack, const char *path, Str text, Err *err)
{
    Str kept = arena_str(set->arena, text);
    if (!kept.p)
        return err_nomem(err);
    if (!pack)
        TRY(bare_pack(set, path, kept, &pack, err));
    RuleFile *file = add_file(set, pack, path, kept);
    if (!file)
        return err_nomem(err);
    const Node *root;
    TRY(diagnostics_parse(&set->diagnostics, file->path, kept, &root, err));
    if (root)
        TRY(load_document(set, file, root, err));
    return set->diagnostics.out_of_memory ? err_nomem(err) : ST_OK;
}

/* True where the file was loaded before, under whatever path. */
static bool
is_known(const RuleSet *set, const char *identity)
{
    for (size_t i = 0; identity && i < set->files.count; i++) {
        const char *other = set->files.items[i]->identity;
        if (other && strcmp(other, identity) == 0)
            return true;
    }
    return false;
}

/* A path that cannot be read hides nothing of what is wrong with the others. */
static Status
note_unreadable(RuleSet *set, const char *path, const Err *why, Err *err)
{
    if (why->status == ST_NOMEM)
        return err_nomem(err);
    if (set->unreadable == ST_OK)
        set->unreadable = why->status;
    diagnostic_error(&set->diagnostics, path, 1, 1, "%s", why->text);
    return ST_OK;
}

static Status
load_file(RuleSet *set, const RulePack *pack, const char *path, Err *err)
{
    char resolved[PATH_MAX];
    const char *identity = realpath(path, resolved);
    if (is_known(set, identity))
        return ST_OK;
    Str text;
    Err why = {0};
    Status status = io_read_file(set->arena, path, LIMIT_RULE_FILE_BYTES, &text, &why);
    if (status != ST_OK)
        return note_unreadable(set, path, &why, err);
    size_t before = set->files.count;
    TRY(rules_load_text(set, pack, path, text, err));
    if (identity && set->files.count > before) {
        set->files.items[before]->identity = arena_cstr(set->arena, str_of(identity));
        if (!set->files.items[before]->identity)
            return err_nomem(err);
    }
    return ST_OK;
}

/* ---- folders ---- */

static bool
is_yaml(const char *name)
{
    Str text = str_of(name);
    return str_ends(text, STR(".yaml")) || str_ends(text, STR(".yml"));
}

static int
compare_paths(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void
cleanup_names(PathList *names)
{
    /* The names are in the arena; the list is plain data too. */
    *names = (PathList){0};
}

/* Names in a folder, sorted by bytes, those with a dot in front left out. */
static Status
list_folder(Arena *arena, const char *path, PathList *ret, Err *err)
{
    CLEANUP(cleanup_dir) DIR *folder = opendir(path);
    if (!folder)
        return err_errno(err, errno == ENOENT ? ST_NOT_FOUND : ST_IO, "open '%s'", path);
    CLEANUP(cleanup_names) PathList names = {0};
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (!entry && errno != 0)
            return err_errno(err, ST_IO, "read '%s'", path);
        if (!entry)
            break;
        if (entry->d_name[0] == '.')
            continue;
        if (names.count >= LIMIT_RULE_COUNT)
            return err_set(err, ST_LIMIT, "'%s' holds too many files", path);
        char **slot = VEC_PUSH(arena, &names);
        if (!slot || !(*slot = arena_cstr(arena, str_of(entry->d_name))))
            return err_nomem(err);
    }
    if (names.count > 1)
        qsort(names.items, names.count, sizeof *names.items, compare_paths);
    *ret = names;
    return ST_OK;
}

static bool
is_folder(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* Every file below folder by its path inside it, tests left out. */
static Status
walk(Arena *arena, const char *folder, const char *inside, unsigned depth, PathList *files,
     Err *err)
{
    const char *path = arena_printf(arena, "%s/%s", folder, inside);
    if (!path)
        return err_nomem(err);
    PathList names;
    TRY(list_folder(arena, path, &names, err));
    for (size_t i = 0; i < names.count; i++) {
        char *below = arena_printf(arena, "%s%s%s", inside, *inside ? "/" : "", names.items[i]);
        const char *whole = arena_printf(arena, "%s/%s", folder, below ? below : "");
        if (!below || !whole)
            return err_nomem(err);
        if (is_folder(whole)) {
            if (depth < FOLDER_DEPTH && strcmp(names.items[i], "tests") != 0)
                TRY(walk(arena, folder, below, depth + 1, files, err));
            continue;
        }
        if (files->count >= LIMIT_RULE_COUNT)
            return err_set(err, ST_LIMIT, "'%s' holds too many files", folder);
        char **slot = VEC_PUSH(arena, files);
        if (!slot)
            return err_nomem(err);
        *slot = below;
    }
    return ST_OK;
}

/* ---- packs ---- */

static bool
matches(const StrList *globs, const char *name)
{
    for (size_t i = 0; i < globs->count; i++)
        if (str_glob(globs->items[i], str_of(name), true))
            return true;
    return false;
}

/* "SHA256  NAME\n" for one file of a pack, as sha256sum prints it. */
static Status
add_digest(Arena *arena, const char *folder, const char *name, Buf *sums, Err *err)
{
    const char *path = arena_printf(arena, "%s/%s", folder, name);
    if (!path)
        return err_nomem(err);
    Str text;
    TRY(io_read_file(arena, path, LIMIT_RULE_FILE_BYTES, &text, err));
    Digest digest;
    char hex[DIGEST_HEX_BYTES];
    TRY(digest_of(text, &digest, err));
    digest_hex(&digest, hex);
    buf_printf(sums, "%s  %s\n", hex, name);
    return ST_OK;
}

static Status
load_pack_files(RuleSet *set, RulePack *pack, const char *folder, const StrList *globs,
                const char *manifest, const Node *at, Err *err)
{
    PathList files = {0};
    Err unlisted = {0};
    if (walk(set->arena, folder, "", 0, &files, &unlisted) != ST_OK)
        TRY(note_unreadable(set, folder, &unlisted, err));
    if (files.count > 1)
        qsort(files.items, files.count, sizeof *files.items, compare_paths);
    CLEANUP(buf_done) Buf sums = BUF_INIT(LIMIT_RULE_FILE_BYTES);
    TRY(add_digest(set->arena, folder, "pack.yaml", &sums, err));
    size_t loaded = 0;
    for (size_t i = 0; i < files.count; i++) {
        if (!is_yaml(files.items[i]) || strcmp(files.items[i], "pack.yaml") == 0 ||
            !matches(globs, files.items[i]))
            continue;
        const char *path = arena_printf(set->arena, "%s/%s", folder, files.items[i]);
        if (!path)
            return err_nomem(err);
        loaded++;
        Err why = {0};
        if (add_digest(set->arena, folder, files.items[i], &sums, &why) != ST_OK)
            TRY(note_unreadable(set, path, &why, err));
        else
            TRY(load_file(set, pack, path, err));
    }
    if (loaded == 0 && globs->count > 0)
        diagnostic_error(&set->diagnostics, manifest, at ? at->line : 0, at ? at->column : 0,
                         "no file of the pack matches \"rules\"");
    TRY(buf_status(&sums, err));
    return digest_of(buf_str(&sums), &pack->sha256, err);
}

static bool
is_known_pack(const RuleSet *set, const char *folder)
{
    for (size_t i = 0; i < set->packs.count; i++)
        if (str_is(set->packs.items[i]->folder, folder))
            return true;
    return false;
}

static Status
load_pack(RuleSet *set, const char *folder, const char *manifest, Err *err)
{
    if (is_known_pack(set, folder))
        return ST_OK;
    Str text;
    Err why = {0};
    if (io_read_file(set->arena, manifest, LIMIT_RULE_FILE_BYTES, &text, &why) != ST_OK)
        return note_unreadable(set, manifest, &why, err);
    RulePack *pack = add_pack(set, str_of(base_name(folder)));
    if (!pack)
        return err_nomem(err);
    pack->folder = arena_str(set->arena, str_of(folder));
    if (!pack->folder.p)
        return err_nomem(err);
    const Node *root;
    TRY(diagnostics_parse(&set->diagnostics, manifest, text, &root, err));
    if (!root || !schema_check(&SCHEMA_PACK, root, manifest, &set->diagnostics))
        return ST_OK;
    pack->name = node_string(node_get(root, STR("name")));
    const Node *version = node_get(root, STR("version"));
    pack->version = version->type == NODE_STRING ? version->string : yaml_written(text, version);
    StrList globs;
    const Node *rules = node_get(root, STR("rules"));
    TRY(load_strings(set->arena, rules, &globs, err));
    return load_pack_files(set, pack, folder, &globs, manifest, rules, err);
}

static Status load_folder(RuleSet *set, const char *folder, unsigned depth, Err *err);

static Status
load_entry(RuleSet *set, const char *path, const char *name, unsigned depth, Err *err)
{
    /* The list of known failures beside the packs names rules and is none. */
    if (!is_folder(path))
        return is_yaml(name) && strcmp(name, "signatures.yaml") != 0
                   ? load_file(set, NULL, path, err)
                   : ST_OK;
    if (depth >= FOLDER_DEPTH || strcmp(name, "tests") == 0)
        return ST_OK;
    return load_folder(set, path, depth + 1, err);
}

static Status
load_folder(RuleSet *set, const char *folder, unsigned depth, Err *err)
{
    const char *manifest = arena_printf(set->arena, "%s/pack.yaml", folder);
    if (!manifest)
        return err_nomem(err);
    if (access(manifest, F_OK) == 0)
        return load_pack(set, folder, manifest, err);
    PathList names;
    Err why = {0};
    if (list_folder(set->arena, folder, &names, &why) != ST_OK)
        return note_unreadable(set, folder, &why, err);
    for (size_t i = 0; i < names.count; i++) {
        const char *path = arena_printf(set->arena, "%s/%s", folder, names.items[i]);
        if (!path)
            return err_nomem(err);
        TRY(load_entry(set, path, names.items[i], depth, err));
    }
    return ST_OK;
}

Status
rules_load(RuleSet *set, const char *path, Err *err)
{
    Str whole = str_of(path);
    while (whole.n > 1 && whole.p[whole.n - 1] == '/')
        whole.n--;
    char *kept = arena_cstr(set->arena, whole);
    if (!kept)
        return err_nomem(err);
    return is_folder(kept) ? load_folder(set, kept, 0, err) : load_file(set, NULL, kept, err);
}
