/* SPDX-License-Identifier: Apache-2.0 */
/* main.c -- runs conformance cases and prints a line for each file and tier.
 *
 *     conformance [-v] [--cases DIR] [SET]...
 *
 * Runs every JSON file below DIR; its set is the folder that it lies in.  Without --cases the
 * data is looked for in $MESHCASE_SHARED/cases/cel-promql, or beside the source tree.  Exit
 * status: 0 good, 1 a tier is below its figure or a file could not be read, 77 no data. */
#include "tests/conformance/conformance.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_COUNT = 256, REASON_COUNT = 32, EXIT_SKIPPED = 77 };

/* Which cases go where, by the folder of their file. */
static const struct {
    const char *name;
    ConformanceRun *run;
} SETS[] = {
    {"cel", conformance_cel},
    {"celgo", conformance_cel},
    {"k8s", conformance_cel},
    {"exposition", conformance_exposition},
    {"promql", conformance_promql},
};

/* The least share of cases that must pass, in percent. */
static const struct {
    const char *name;
    double percent;
} TIERS[] = {
    {"cel", 100},
    {"celgo", 98},
    {"k8s libraries", 100},
    {"k8s validation", 98},
    {"k8s cost", 0},
    {"exposition 0.0.4", 100},
    {"exposition OpenMetrics good", 95},
    {"exposition OpenMetrics bad", 90},
    {"promql instant", 98},
    {"promql range", 95},
};
enum { TIER_COUNT = sizeof TIERS / sizeof *TIERS };

/* A file of cases, or a reason for skipping. */
typedef struct {
    char name[128];
    unsigned counts[CASE_OUTCOME_COUNT];
} Count;

struct Conformance {
    char folder[4096];
    bool verbose;
    bool failed;                /* a file could not be read */
    Count files[FILE_COUNT];
    size_t file_count;
    Count reasons[REASON_COUNT];
    size_t reason_count;
    Count *current;             /* the file that cases belong to */
    unsigned tiers[TIER_COUNT][CASE_OUTCOME_COUNT];
};

/* The paths below the folder; nftw() takes no context. */
static char *paths[FILE_COUNT];
static size_t path_count;

/* The row of a name, new if need be; the last row takes what is too much. */
static Count *
find_count(Count *rows, size_t *count, size_t most, const char *name)
{
    for (size_t i = 0; i < *count; i++)
        if (strncmp(rows[i].name, name, sizeof rows[i].name - 1) == 0)
            return &rows[i];
    if (*count == most)
        return &rows[most - 1];
    Count *row = &rows[(*count)++];
    (void)snprintf(row->name, sizeof row->name, "%s", name);
    return row;
}

static unsigned *
tier_counts(Conformance *conformance, const char *name)
{
    for (size_t i = 0; i < TIER_COUNT; i++)
        if (strcmp(TIERS[i].name, name) == 0)
            return conformance->tiers[i];
    fprintf(stderr, "conformance: no tier '%s'\n", name);
    exit(EXIT_FAILURE);
}

void
conformance_case(Conformance *conformance, const char *tier, const json_t *item,
                 CaseOutcome outcome, const char *detail, ...)
{
    char text[2000];
    va_list args;
    va_start(args, detail);
    (void)vsnprintf(text, sizeof text, detail, args);
    va_end(args);
    tier_counts(conformance, tier)[outcome]++;
    if (conformance->current)
        conformance->current->counts[outcome]++;
    if (outcome == CASE_SKIPPED)
        find_count(conformance->reasons, &conformance->reason_count, REASON_COUNT, text)
            ->counts[outcome]++;
    if (outcome != CASE_FAILED || !conformance->verbose)
        return;
    const char *id = json_string_value(json_object_get(item, "id"));
    printf("FAILED %s: %s: %s\n", tier, id ? id : "?", text);
}

Str
conformance_str(const json_t *item, const char *key)
{
    const json_t *value = json_object_get(item, key);
    return (Str){json_string_value(value), json_string_length(value)};
}

static void
report_files(const Conformance *conformance)
{
    for (size_t i = 0; i < conformance->file_count; i++) {
        const Count *file = &conformance->files[i];
        printf("%s: %u passed, %u failed, %u skipped\n", file->name, file->counts[CASE_PASSED],
               file->counts[CASE_FAILED], file->counts[CASE_SKIPPED]);
    }
    for (size_t i = 0; i < conformance->reason_count; i++)
        printf("skipped, %u: %s\n", conformance->reasons[i].counts[CASE_SKIPPED],
               conformance->reasons[i].name);
}

/* Prints the tiers; true if each reaches its figure. */
static bool
report(const Conformance *conformance)
{
    bool good = true;
    for (size_t i = 0; i < TIER_COUNT; i++) {
        const unsigned *counts = conformance->tiers[i];
        unsigned run = counts[CASE_PASSED] + counts[CASE_FAILED];
        double percent = run ? 100.0 * counts[CASE_PASSED] / run : 100.0;
        bool reached = percent >= TIERS[i].percent;
        printf("%-28s %5u of %5u  %6.2f %%  (at least %g %%), %u skipped%s\n", TIERS[i].name,
               counts[CASE_PASSED], run, percent, TIERS[i].percent, counts[CASE_SKIPPED],
               reached ? "" : "  TOO FEW");
        good = good && reached;
    }
    return good;
}

/* nftw(): keeps the JSON files. */
static int
note_path(const char *path, const struct stat *about, int type, struct FTW *at)
{
    size_t n = strlen(path);
    (void)about;
    (void)at;
    if (type != FTW_F || n < 5 || strcmp(path + n - 5, ".json") != 0)
        return 0;
    if (path_count == FILE_COUNT) {
        fprintf(stderr, "conformance: more than %d files\n", FILE_COUNT);
        return 1;
    }
    paths[path_count] = strdup(path);
    return paths[path_count++] ? 0 : 1;
}

static int
compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* SET/FILE.json at the end of a path, and its set. */
static const char *
name_in_set(const char *path, char set[64])
{
    const char *slash = strrchr(path, '/');
    while (slash > path && slash[-1] != '/')
        slash--;
    (void)snprintf(set, 64, "%.*s", (int)strcspn(slash, "/"), slash);
    return slash;
}

static void
run_file(Conformance *conformance, const char *path, ConformanceRun *run)
{
    char set[64];
    char file[64];
    const char *name = name_in_set(path, set);
    (void)snprintf(file, sizeof file, "%s", strrchr(path, '/') + 1);
    *strrchr(file, '.') = '\0';
    json_error_t error;
    json_t *cases = json_load_file(path, JSON_ALLOW_NUL, &error);
    if (!json_is_array(cases)) {
        fprintf(stderr, "conformance: %s:%d: %s\n", path, error.line,
                cases ? "not a list of cases" : error.text);
        conformance->failed = true;
    }
    conformance->current = find_count(conformance->files, &conformance->file_count, FILE_COUNT,
                                      name);
    size_t i;
    json_t *item;
    json_array_foreach(cases, i, item)
        run(conformance, set, file, item);
    json_decref(cases);
}

/* Runs the files of a set, or of all that are named; those of no set fail. */
static void
run_files(Conformance *conformance, char **wanted, int count)
{
    for (size_t i = 0; i < path_count; i++) {
        char set[64];
        ConformanceRun *run = NULL;
        bool asked = count == 0;
        (void)name_in_set(paths[i], set);
        for (size_t k = 0; k < sizeof SETS / sizeof *SETS; k++)
            if (strcmp(SETS[k].name, set) == 0)
                run = SETS[k].run;
        for (int k = 0; k < count; k++)
            asked = asked || strcmp(wanted[k], set) == 0;
        if (!run) {
            fprintf(stderr, "conformance: %s: no such set as '%s'\n", paths[i], set);
            conformance->failed = true;
        } else if (asked) {
            run_file(conformance, paths[i], run);
        }
        free(paths[i]);
    }
}

static bool
find_folder(Conformance *conformance)
{
    const char *shared = getenv("MESHCASE_SHARED");
    const char *source = getenv("MESHCASE_SRCDIR");
    if (shared)
        (void)snprintf(conformance->folder, sizeof conformance->folder, "%s/cases/cel-promql",
                       shared);
    else
        (void)snprintf(conformance->folder, sizeof conformance->folder,
                       "%s/../shared/cases/cel-promql", source ? source : ".");
    return access(conformance->folder, R_OK) == 0;
}

int
main(int argc, char **argv)
{
    static Conformance conformance;
    int first = 1;
    bool found = false;
    for (; first < argc && argv[first][0] == '-'; first++) {
        if (strcmp(argv[first], "-v") == 0) {
            conformance.verbose = true;
        } else if (strcmp(argv[first], "--cases") == 0 && first + 1 < argc) {
            (void)snprintf(conformance.folder, sizeof conformance.folder, "%s", argv[++first]);
            found = access(conformance.folder, R_OK) == 0;
        } else {
            fprintf(stderr, "usage: conformance [-v] [--cases DIR] [SET]...\n");
            return EXIT_FAILURE;
        }
    }
    if (!found && (conformance.folder[0] || !find_folder(&conformance))) {
        printf("conformance: no data at %s, skipped\n", conformance.folder);
        return EXIT_SKIPPED;
    }
    if (nftw(conformance.folder, note_path, 16, FTW_PHYS) != 0) {
        fprintf(stderr, "conformance: cannot list %s\n", conformance.folder);
        return EXIT_FAILURE;
    }
    qsort(paths, path_count, sizeof *paths, compare_paths);
    run_files(&conformance, argv + first, argc - first);
    report_files(&conformance);
    return report(&conformance) && !conformance.failed ? EXIT_SUCCESS : EXIT_FAILURE;
}
