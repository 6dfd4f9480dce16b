/* SPDX-License-Identifier: Apache-2.0 */
/* analysis_options.c -- the command line of meshcase-analyze. */
#include "analyzer/analysis.h"

#define FIELD(name) .target = offsetof(AnalysisOptions, name)

/* From the worst severity down, as --fail-on counts. */
static const char *const FAIL_ON[] = {"critical", "error", "warning", "info", "never", NULL};

/* In the order of Confinement. */
static const char *const SANDBOX[] = {"auto", "require", "off", NULL};

static const Option TABLE[] = {
    {"rules", 'r', OPTION_LIST, "PATH",
     "rule file, pack or folder of packs instead of the ones brought along",
     FIELD(rules)},
    {"overlay", 0, OPTION_LIST, "FILE", "a site's changes to rules; the later wins",
     FIELD(overlays)},
    {"param", 'p', OPTION_LIST, "NAME=VALUE", "set a param of the rules",
     FIELD(params)},
    {"format", 'f', OPTION_CHOICE, "FORMAT", "form of the report", FIELD(format),
     .choices = REPORT_FORMATS, .fallback = "text"},
    {"output", 'o', OPTION_TEXT, "FILE", "write the report to FILE", FIELD(output)},
    {"fail-on", 0, OPTION_CHOICE, "SEVERITY", "exit 1 from which severity on", FIELD(fail_on),
     .choices = FAIL_ON, .fallback = "warning"},
    {"now", 0, OPTION_TIME, "RFC3339", "date by which overlays expire; default today",
     FIELD(now_ns)},
    {"verify", 0, OPTION_FLAG, NULL, "check every SHA-256 of the bundle first", FIELD(verify)},
    {"require-complete", 0, OPTION_FLAG, NULL, "exit 5 where a rule was not evaluated, or failed",
     FIELD(require_complete)},
    {"baseline", 0, OPTION_TEXT, "FILE", "earlier JSON report: tell what is new",
     FIELD(baseline)},
    {"jobs", 'j', OPTION_COUNT, "N", "threads that read the bundle and evaluate rules; 0 for one a processor",
     FIELD(jobs), .fallback = "0"},
    {"why", 0, OPTION_TEXT, "RULE", "tell how one rule came to its verdicts", FIELD(why)},
    {"sandbox", 0, OPTION_CHOICE, "MODE",
     "confine the process that reads the bundle: auto, as far as the kernel can; require, or "
     "exit 75; off", FIELD(sandbox), .choices = SANDBOX, .fallback = "auto"},
    {0},
};

const OptionSet ANALYSIS_OPTIONS = {
    .program = "meshcase-analyze",
    .usage = "[OPTION]... BUNDLE|DIRECTORY|-",
    .summary = "say what is wrong with a service mesh, from its case file alone",
    .description =
        "Evaluates rules over a bundle made by meshcase-collect, or over a folder or\n"
        "archive of the same layout, without a cluster and without a network.  Every\n"
        "finding cites the lines that show it.  What was not collected never counts as\n"
        "healthy: it is listed, with the rules that could not be evaluated for it and\n"
        "how to collect it.\n"
        "\n"
        "Forms of the report (docs/reports.md):\n"
#define FORMAT(id, name, help) "  " name ": " help "\n"
#include "analyzer/report/formats.def"
#undef FORMAT
        ,
    .exit_codes = "0   no finding at or above --fail-on\n"
                  "1   findings\n"
                  "2   wrong use\n"
                  "3   the bundle cannot be read\n"
                  "4   the rules are invalid\n"
                  "5   --require-complete, and a rule was not evaluated, or failed\n"
                  "6   the report could not be written\n"
                  "75  the machine's fault: no memory, no process, no sandbox; try again\n",
    .options = TABLE,
    .min_operands = 1,
    .max_operands = 1,
};
