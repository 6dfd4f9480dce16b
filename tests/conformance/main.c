/* SPDX-License-Identifier: Apache-2.0 */
/* main.c -- runs the families of conformance cases and prints a line for each file and tier.
 *
 *     conformance [-v] [--cases DIR] [FAMILY]...
 *
 * Without --cases the data is looked for in $MESHCASE_SHARED/cases/cel-promql, or beside the
 * source tree.  Exit status: 0 good, 1 a tier is below its figure, 77 no data. */
#include "tests/conformance/conformance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TIER_COUNT = 64, FILE_COUNT = 128, REASON_COUNT = 32, EXIT_SKIPPED = 77 };

typedef struct {
    const char *name;
    double percent;
    unsigned counts[CASE_OUTCOME_COUNT];
} Tier;

/* A file of cases, or a reason for skipping. */
typedef struct {
    char name[128];
    unsigned counts[CASE_OUTCOME_COUNT];
} Count;

struct Conformance {
    char folder[4096];
    bool verbose;
    Count files[FILE_COUNT];
    size_t file_count;
    Count reasons[REASON_COUNT];
    size_t reason_count;
    Count *current;         /* the file that cases belong to */
    Tier tiers[TIER_COUNT];
    size_t tier_count;
};

typedef struct {
    const char *name;
    void (*run)(Conformance *conformance);
} Family;

static const Family FAMILIES[] = {
    {"cel", conformance_cel},
    {"exposition", conformance_exposition},
    {"promql", conformance_promql},
};

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

json_t *
conformance_load(Conformance *conformance, const char *name)
{
    char path[5000];
    (void)snprintf(path, sizeof path, "%s/%s", conformance->folder, name);
    json_error_t error;
    json_t *cases = json_load_file(path, JSON_ALLOW_NUL, &error);
    if (!cases && access(path, R_OK) == 0)
        fprintf(stderr, "conformance: %s:%d: %s\n", path, error.line, error.text);
    if (cases)
        conformance->current = find_count(conformance->files, &conformance->file_count,
                                          FILE_COUNT, name);
    return cases;
}

static Tier *
find_tier(Conformance *conformance, const char *name)
{
    for (size_t i = 0; i < conformance->tier_count; i++)
        if (strcmp(conformance->tiers[i].name, name) == 0)
            return &conformance->tiers[i];
    if (conformance->tier_count == TIER_COUNT) {
        fprintf(stderr, "conformance: more than %d tiers\n", TIER_COUNT);
        exit(EXIT_FAILURE);
    }
    Tier *tier = &conformance->tiers[conformance->tier_count++];
    tier->name = name;
    return tier;
}

void
conformance_expect(Conformance *conformance, const char *tier, double percent)
{
    find_tier(conformance, tier)->percent = percent;
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
    find_tier(conformance, tier)->counts[outcome]++;
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
    for (size_t i = 0; i < conformance->tier_count; i++) {
        const Tier *tier = &conformance->tiers[i];
        unsigned run = tier->counts[CASE_PASSED] + tier->counts[CASE_FAILED];
        double percent = run ? 100.0 * tier->counts[CASE_PASSED] / run : 100.0;
        bool reached = percent >= tier->percent;
        printf("%-28s %5u of %5u  %6.2f %%  (at least %g %%), %u skipped%s\n", tier->name,
               tier->counts[CASE_PASSED], run, percent, tier->percent,
               tier->counts[CASE_SKIPPED], reached ? "" : "  TOO FEW");
        good = good && reached;
    }
    return good;
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
            fprintf(stderr, "usage: conformance [-v] [--cases DIR] [FAMILY]...\n");
            return EXIT_FAILURE;
        }
    }
    if (!found && (conformance.folder[0] || !find_folder(&conformance))) {
        printf("conformance: no data at %s, skipped\n", conformance.folder);
        return EXIT_SKIPPED;
    }
    for (size_t i = 0; i < sizeof FAMILIES / sizeof *FAMILIES; i++) {
        bool wanted = first == argc;
        for (int arg = first; arg < argc; arg++)
            wanted = wanted || strcmp(argv[arg], FAMILIES[i].name) == 0;
        if (wanted)
            FAMILIES[i].run(&conformance);
    }
    report_files(&conformance);
    return report(&conformance) ? EXIT_SUCCESS : EXIT_FAILURE;
}
