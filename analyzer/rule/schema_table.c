/* SPDX-License-Identifier: Apache-2.0 */
/* schema_table.c -- the table of every key of rule files, packs, overlays and tests. */
#include "analyzer/rule/schema.h"

const char *const SCHEMA_SEVERITIES[] = {"info", "warning", "error", "critical", NULL};
const char *const SCHEMA_CONFIDENCES[] = {"low", "medium", "high", NULL};
const char *const SCHEMA_STATUSES[] = {"stable", "beta", "experimental", "deprecated", NULL};
const char *const SCHEMA_PARAM_TYPES[] = {"string", "int", "double", "bool", "strings", NULL};
const char *const SCHEMA_VERDICTS[] = {"finding", "ok", "not_applicable", "not_evaluated",
                                       "error", "suppressed", NULL};

static const SchemaKey CONFIDENCE_KEYS[] = {
    {"default", SCHEMA_CHOICE, .required = true, .choices = SCHEMA_CONFIDENCES,
     .help = "confidence where neither condition holds"},
    {"low_if", SCHEMA_CEL, .help = "condition under which the confidence is low"},
    {"high_if", SCHEMA_CEL, .help = "condition under which the confidence is high"},
    {0},
};
static const SchemaShape CONFIDENCE = {"confidence", "confidence that depends on the evidence",
                                       CONFIDENCE_KEYS};

static const SchemaKey APPLIES_KEYS[] = {
    {"istio", SCHEMA_STRING, .help = "range of control plane versions: \">=0.5 <1.5\""},
    {"kubernetes", SCHEMA_STRING, .help = "range of API server versions"},
    {0},
};
static const SchemaShape APPLIES = {"applies", "versions that a rule is about", APPLIES_KEYS};

static const SchemaKey CASE_KEYS[] = {
    {"when", SCHEMA_CEL, .required = true, .help = "true: this case is the finding"},
    {"severity", SCHEMA_CHOICE, .choices = SCHEMA_SEVERITIES,
     .help = "instead of the rule's severity"},
    {"confidence", SCHEMA_CHOICE, .choices = SCHEMA_CONFIDENCES,
     .help = "instead of the rule's confidence"},
    {"message", SCHEMA_TEMPLATE, .help = "instead of the rule's message"},
    {0},
};
static const SchemaShape CASE = {"case", "one of several conditions; the first true one wins",
                                 CASE_KEYS};

static const SchemaKey FIX_KEYS[] = {
    {"text", SCHEMA_TEMPLATE, .required = true, .help = "what to do, in a sentence"},
    {"run", SCHEMA_TEMPLATE, .help = "command to run; interpolated values are shell-quoted"},
    {"risk", SCHEMA_STRING, .help = "what the command may break"},
    {0},
};
static const SchemaShape FIX = {"fix", "one step that mends the cause", FIX_KEYS};

static const SchemaKey RULE_KEYS[] = {
    {"id", SCHEMA_ID, .required = true, .help = "AREA-NNN, never reused"},
    {"title", SCHEMA_STRING, .required = true, .help = "what is wrong when the rule fires"},
    {"severity", SCHEMA_CHOICE, .required = true, .choices = SCHEMA_SEVERITIES,
     .help = "how bad it is"},
    {"confidence", SCHEMA_CHOICE_OR_SHAPE, .choices = SCHEMA_CONFIDENCES, .shape = &CONFIDENCE,
     .help = "how sure a finding is; default high"},
    {"status", SCHEMA_CHOICE, .choices = SCHEMA_STATUSES,
     .help = "maturity; default stable; experimental rules run only when named"},
    {"replaced_by", SCHEMA_ID, .help = "the rule to use instead of a deprecated one"},
    {"guide", SCHEMA_STRINGS, .help = "anchors in the guide that the file names"},
    {"refs", SCHEMA_STRINGS, .help = "addresses of further sources"},
    {"tags", SCHEMA_STRINGS, .help = "words to find the rule by"},
    {"applies", SCHEMA_SHAPE, .shape = &APPLIES, .help = "versions; outside: not_applicable"},
    {"let", SCHEMA_SOURCES, .help = "named evidence, evaluated once and only when used"},
    {"if", SCHEMA_CEL, .help = "precondition; false: not_applicable"},
    {"each", SCHEMA_SOURCE, .help = "one verdict per element of this source"},
    {"with", SCHEMA_SOURCES, .help = "named evidence per element; may use related"},
    {"when", SCHEMA_CEL, .help = "true: a finding"},
    {"cases", SCHEMA_SHAPE_LIST, .shape = &CASE, .help = "instead of when: first true one wins"},
    {"key", SCHEMA_CEL, .help = "the subject; default ns/name of an object"},
    {"message", SCHEMA_TEMPLATE, .help = "what was found, with {{ CEL }}"},
    {"why", SCHEMA_STRING, .help = "why it matters, in one or two sentences"},
    {"fix", SCHEMA_SHAPE_LIST, .shape = &FIX, .help = "what to do about it"},
    {"explains", SCHEMA_IDS, .help = "rules whose findings are consequences of this one's"},
    {0},
};
const SchemaShape SCHEMA_RULE = {"rule", "one thing that can be wrong", RULE_KEYS};

static const SchemaKey PARAM_KEYS[] = {
    {"type", SCHEMA_CHOICE, .required = true, .choices = SCHEMA_PARAM_TYPES,
     .help = "type of the value"},
    {"default", SCHEMA_ANY, .required = true, .help = "value unless somebody sets another"},
    {"help", SCHEMA_STRING, .help = "what the value means"},
    {0},
};
static const SchemaShape PARAM = {"param", "a value that users may set", PARAM_KEYS};

static const SchemaKey DEFS_KEYS[] = {
    {"let", SCHEMA_SOURCES, .help = "named evidence for every rule of the file"},
    {0},
};
static const SchemaShape DEFS = {"defs", "what the rules of a file share", DEFS_KEYS};

static const SchemaKey FILE_KEYS[] = {
    {"language", SCHEMA_LANGUAGE, .required = true, .help = "version of the rule language: 1"},
    {"guide", SCHEMA_STRING, .help = "base address of the anchors in this file"},
    {"params", SCHEMA_SHAPE_BY_NAME, .shape = &PARAM, .help = "values that users may set"},
    {"defs", SCHEMA_SHAPE, .shape = &DEFS, .help = "what the rules of the file share"},
    {"rules", SCHEMA_SHAPE_LIST, .required = true, .shape = &SCHEMA_RULE, .help = "the rules"},
    {0},
};
const SchemaShape SCHEMA_FILE = {"rule file", "a YAML file of rules", FILE_KEYS};

static const SchemaKey PACK_KEYS[] = {
    {"name", SCHEMA_STRING, .required = true, .help = "name of the pack"},
    {"version", SCHEMA_SCALAR, .required = true, .help = "version of the pack"},
    {"language", SCHEMA_LANGUAGE, .required = true, .help = "version of the rule language: 1"},
    {"rules", SCHEMA_STRINGS, .required = true, .help = "globs of its rule files"},
    {0},
};
const SchemaShape SCHEMA_PACK = {"pack", "pack.yaml in the folder of a rule pack", PACK_KEYS};

static const SchemaKey OVERLAY_RULE_KEYS[] = {
    {"id", SCHEMA_ID, .required = true, .help = "the rule"},
    {"severity", SCHEMA_CHOICE, .choices = SCHEMA_SEVERITIES, .help = "its severity from now on"},
    {"disable", SCHEMA_BOOL, .help = "true: listed as disabled and not run"},
    {"reason", SCHEMA_STRING, .help = "why"},
    {"until", SCHEMA_DATE, .help = "last day on which the entry holds"},
    {0},
};
static const SchemaShape OVERLAY_RULE = {"overlay rule", "a change to one rule",
                                         OVERLAY_RULE_KEYS};

static const SchemaKey SUPPRESS_KEYS[] = {
    {"id", SCHEMA_ID, .required = true, .help = "the rule"},
    {"subject", SCHEMA_STRING, .required = true, .help = "glob of subjects; * matches / too"},
    {"reason", SCHEMA_STRING, .required = true, .help = "why its findings are accepted"},
    {"until", SCHEMA_DATE, .help = "last day on which the entry holds"},
    {0},
};
static const SchemaShape SUPPRESS = {"suppress", "findings that are accepted", SUPPRESS_KEYS};

static const SchemaKey OVERLAY_KEYS[] = {
    {"language", SCHEMA_LANGUAGE, .required = true, .help = "version of the rule language: 1"},
    {"params", SCHEMA_MAP, .help = "values of params"},
    {"rules", SCHEMA_SHAPE_LIST, .shape = &OVERLAY_RULE, .help = "changes to rules"},
    {"suppress", SCHEMA_SHAPE_LIST, .shape = &SUPPRESS, .help = "findings that are accepted"},
    {0},
};
const SchemaShape SCHEMA_OVERLAY = {"overlay", "a site's changes to packs", OVERLAY_KEYS};

static const SchemaKey VERSIONS_KEYS[] = {
    {"istio", SCHEMA_SCALAR, .may_be_null = true, .help = "version of the control plane"},
    {"kubernetes", SCHEMA_SCALAR, .may_be_null = true, .help = "version of the API server"},
    {0},
};
static const SchemaShape VERSIONS = {"versions", "versions in a test's bundle", VERSIONS_KEYS};

static const SchemaKey OBJECTS_KEYS[] = {
    {"unknown", SCHEMA_STRINGS, .help = "kinds that were not collected"},
    {"items", SCHEMA_LIST, .help = "the objects"},
    {0},
};
static const SchemaShape OBJECTS = {"objects", "objects of which some kinds are unknown",
                                    OBJECTS_KEYS};

static const SchemaKey TEST_BUNDLE_KEYS[] = {
    {"versions", SCHEMA_SHAPE, .may_be_null = true, .shape = &VERSIONS,
     .help = "of Istio and Kubernetes"},
    {"k8s", SCHEMA_OBJECTS, .may_be_null = true, .shape = &OBJECTS,
     .help = "objects, complete for every kind; in a change also Kind/ns/name: null"},
    {"metrics", SCHEMA_MAP, .may_be_null = true,
     .help = "component, or component/ns/pod:port, to exposition text; two texts: two samples"},
    {"logs", SCHEMA_MAP, .may_be_null = true,
     .help = "ns/pod/container, perhaps with .previous, to text"},
    {"documents", SCHEMA_MAP, .may_be_null = true, .help = "member name to text or value"},
    {"captures", SCHEMA_LIST,
     .help = "further records of the manifest: {kind, source, exit_code, stderr, member}"},
    {"clocks", SCHEMA_LIST, .may_be_null = true, .help = "as the source clocks gives them"},
    {"limits", SCHEMA_LIST, .may_be_null = true, .help = "as the source limits gives them"},
    {0},
};
static const SchemaShape TEST_BUNDLE = {"test bundle", "a bundle written by hand",
                                        TEST_BUNDLE_KEYS};

static const SchemaKey EXPECT_KEYS[] = {
    {"verdict", SCHEMA_CHOICE, .required = true, .choices = SCHEMA_VERDICTS,
     .help = "the verdict"},
    {"subject", SCHEMA_SCALAR, .help = "the whole subject"},
    {"severity", SCHEMA_CHOICE, .choices = SCHEMA_SEVERITIES, .help = "of the finding"},
    {"confidence", SCHEMA_CHOICE, .choices = SCHEMA_CONFIDENCES, .help = "of the finding"},
    {"message", SCHEMA_SCALAR, .help = "part of the message"},
    {"reason", SCHEMA_SCALAR, .help = "part of the reason"},
    {"evidence", SCHEMA_SCALAR, .help = "part of a citation: member:line, pointer or excerpt"},
    {0},
};
static const SchemaShape EXPECT = {"expect", "a verdict that a test expects", EXPECT_KEYS};

static const SchemaKey TEST_CASE_KEYS[] = {
    {"rule", SCHEMA_ID, .required = true, .help = "the rule under test"},
    {"name", SCHEMA_SCALAR, .required = true, .help = "what the case shows"},
    {"change", SCHEMA_SHAPE, .shape = &TEST_BUNDLE, .help = "what differs from the bundle"},
    {"expect", SCHEMA_SHAPE_OR_LIST, .required = true, .shape = &EXPECT,
     .help = "one verdict or all of them"},
    {0},
};
static const SchemaShape TEST_CASE = {"test case", "one bundle and what a rule says of it",
                                      TEST_CASE_KEYS};

static const SchemaKey TEST_KEYS[] = {
    {"language", SCHEMA_LANGUAGE, .required = true, .help = "version of the rule language: 1"},
    {"bundle", SCHEMA_SHAPE, .shape = &TEST_BUNDLE, .help = "what every case starts from"},
    {"cases", SCHEMA_SHAPE_LIST, .required = true, .shape = &TEST_CASE, .help = "the cases"},
    {0},
};
const SchemaShape SCHEMA_TEST = {"test file", "a YAML file below tests/ of a pack", TEST_KEYS};

const SchemaShape *const *
schema_shapes(void)
{
    static const SchemaShape *const SHAPES[] = {
        &SCHEMA_FILE, &SCHEMA_RULE,    &APPLIES,      &CONFIDENCE, &CASE,     &FIX,
        &PARAM,       &DEFS,           &SCHEMA_PACK,  &SCHEMA_OVERLAY, &OVERLAY_RULE,
        &SUPPRESS,    &SCHEMA_TEST,    &TEST_CASE,    &TEST_BUNDLE, &VERSIONS, &OBJECTS,
        &EXPECT,      NULL,
    };
    return SHAPES;
}
