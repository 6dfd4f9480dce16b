/* SPDX-License-Identifier: Apache-2.0 */
/* main.c -- runs the families of conformance cases and prints a line for each tier.
 *
 *     conformance [-v] [FAMILY]...        exit 0 good, 1 a tier is below its figure, 77 no data */
#include "tests/conformance/conformance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TIER_COUNT = 64, EXIT_SKIPPED = 77 };

typedef struct {
    const char *name;
    double percent;
    unsigned counts[CASE_OUTCOME_COUNT];
} Tier;

struct Conformance {
    char folder[4096];
    bool verbose;
    Tier tiers[TIER_COUNT];
    size_t tier_count;
};

typedef struct {
    const char *name;
    void (*run)(Conformance *conformance);
} Family;

static const Family FAMILIES[] = {
    {"exposition", conformance_exposition},
    {"promql", conformance_promql},
};

json_t *
conformance_load(const Conformance *conformance, const char *name)
{
    char path[5000];
    (void)snprintf(path, sizeof path, "%s/%s", conformance->folder, name);
    json_error_t error;
    json_t *cases = json_load_file(path, JSON_ALLOW_NUL, &error);
    if (!cases && access(path, R_OK) == 0)
        fprintf(stderr, "conformance: %s:%d: %s\n", path, error.line, error.text);
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
    find_tier(conformance, tier)->counts[outcome]++;
    if (outcome != CASE_FAILED || !conformance->verbose)
        return;
    const char *id = json_string_value(json_object_get(item, "id"));
    printf("FAILED %s: %s: ", tier, id ? id : "?");
    va_list args;
    va_start(args, detail);
    (void)vprintf(detail, args);
    va_end(args);
    (void)putchar('\n');
}

Str
conformance_str(const json_t *item, const char *key)
{
    const json_t *value = json_object_get(item, key);
    return (Str){json_string_value(value), json_string_length(value)};
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
    if (argc > 1 && strcmp(argv[1], "-v") == 0) {
        conformance.verbose = true;
        first = 2;
    }
    if (!find_folder(&conformance)) {
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
    return report(&conformance) ? EXIT_SUCCESS : EXIT_FAILURE;
}
