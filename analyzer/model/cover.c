/* SPDX-License-Identifier: Apache-2.0 */
/* cover.c -- what the manifest says of members: there, missing, cut, never asked for. */
#include "analyzer/model/model_private.h"

#include <string.h>

/* What to do for having it next time, by why it is missing. */
static const char *const ADVICE[CAPTURE_CLASS_COUNT] = {
    [CAPTURE_CLASS_FORBIDDEN] = "meshcase-collect, with the rights that its --preflight says are missing",
    [CAPTURE_CLASS_UNAUTHORIZED] = "meshcase-collect, once 'kubectl auth can-i get pods -A' answers",
    [CAPTURE_CLASS_TIMEOUT] = "meshcase-collect --request-timeout 60s",
    [CAPTURE_CLASS_UNREACHABLE] = "meshcase-collect, once it can be reached",
    [CAPTURE_CLASS_RATE_LIMITED] = "meshcase-collect --rate 5",
    [CAPTURE_CLASS_SERVER_ERROR] = "meshcase-collect",
    [CAPTURE_CLASS_EXPIRED] = "meshcase-collect",
    [CAPTURE_CLASS_TRUNCATED] = "meshcase-collect --max-log-bytes 100MiB, without --tail",
    [CAPTURE_CLASS_BUDGET] = "meshcase-collect --max-bundle-bytes 2GiB",
    [CAPTURE_CLASS_DEADLINE] = "meshcase-collect --deadline 30m",
    [CAPTURE_CLASS_CANCELLED] = "meshcase-collect, and let it finish",
    [CAPTURE_CLASS_OPTION] = "meshcase-collect, without the option that leaves it out",
    [CAPTURE_CLASS_MALFORMED] = "meshcase-collect",
    [CAPTURE_CLASS_REDACTION] = "meshcase-collect, with another --redact level",
    [CAPTURE_CLASS_IO] = "meshcase-collect",
};

const char *
capture_advice(CaptureClass class)
{
    return ADVICE[class] ? ADVICE[class] : "";
}

Status
plain_gap(Model *model, const char *evidence, Str reason, const char *class_name,
          const char *collect_with, const Gap *rest, const Gap **ret, Err *err)
{
    if (!reason.p)
        return err_nomem(err);
    const Gap *gap = gap_new(model->arena, evidence, reason, str_of(class_name),
                             str_of(collect_with), rest);
    if (!gap)
        return err_nomem(err);
    *ret = gap;
    return ST_OK;
}

Status
capture_gap(Model *model, const char *evidence, const Capture *capture, const Gap *rest,
            const Gap **ret, Err *err)
{
    const char *class_name = capture_class_name(capture->class);
    Str reason = capture->reason.n ? capture->reason : str_of(capture_class_help(capture->class));
    Str text = arena_strf(model->arena, "%s%s" STR_FMT, class_name, *class_name ? ": " : "",
                          STR_ARG(reason));
    return plain_gap(model, evidence, text, class_name,
                     capture_advice(capture->class), rest, ret, err);
}

Status
uncollected_gap(Model *model, const char *evidence, Str what, const Gap *rest, const Gap **ret,
                Err *err)
{
    Str text = model->manifest
                   ? arena_strf(model->arena, "not collected: " STR_FMT, STR_ARG(what))
                   : arena_strf(model->arena, "not in the bundle, which has no manifest: " STR_FMT,
                                STR_ARG(what));
    return plain_gap(model, evidence, text, "", "meshcase-collect", rest, ret,
                     err);
}

/* Of the API server's own paths "not found" is an answer.  From the port of a pod it says only that the
 * program there has no such page: what the page would have told is not known. */
static bool
asks_a_pod(const Capture *capture)
{
    return str_is(capture->kind, MEMBER_KINDS[MEMBER_HTTP].name) ||
           str_is(capture->kind, MEMBER_KINDS[MEMBER_METRICS].name);
}

bool
capture_found_nothing(const Capture *capture)
{
    if (capture->state != CAPTURE_FAILED && capture->state != CAPTURE_SKIPPED)
        return false;
    return capture->class == CAPTURE_CLASS_ABSENT || capture->class == CAPTURE_CLASS_UNKNOWN_TYPE ||
           (capture->class == CAPTURE_CLASS_NOT_FOUND && !asks_a_pod(capture));
}

Str
capture_namespace(const Capture *capture)
{
    static const Str SEGMENT = STR_INIT("/namespaces/");
    size_t at;
    if (str_find(capture->source.path, SEGMENT, &at)) {
        Str rest = str_from(capture->source.path, at + SEGMENT.n);
        size_t slash;
        /* /api/v1/namespaces/NAME alone is the Namespace itself. */
        return str_find_char(rest, '/', &slash) ? str_head(rest, slash) : STR("");
    }
    for (size_t i = 0; i < capture->source.argv_count; i++) {
        Str word = capture->source.argv[i];
        bool flag = str_is(word, "-n") || str_is(word, "--namespace");
        if (flag && i + 1 < capture->source.argv_count)
            return capture->source.argv[i + 1];
        if (str_starts(word, STR("--namespace=")))
            return str_from(word, strlen("--namespace="));
    }
    return STR("");
}

/* --- globs about globs --- */

/* The glob as a text that only globs at least as wide fit: its stars become bytes that no
 * name holds, with a slash between them where it is "**".  p NULL when out of memory. */
static Str
glob_as_text(Arena *arena, Str glob)
{
    char *out = arena_alloc(arena, glob.n * 2 + 1);
    if (!out)
        return (Str){NULL, 0};
    size_t n = 0;
    for (size_t i = 0; i < glob.n; i++) {
        bool twice = glob.p[i] == '*' && i + 1 < glob.n && glob.p[i + 1] == '*';
        if (glob.p[i] == '*') {
            out[n++] = '\1';
            out[n++] = twice ? '/' : '\1';
            if (twice)
                out[n++] = '\1';
            i += twice;
        } else {
            out[n++] = glob.p[i] == '?' ? '\1' : glob.p[i];
        }
    }
    return (Str){out, n};
}

static bool
covers(const Capture *capture, Str glob, Str as_text)
{
    for (size_t i = 0; i < capture->cover_count; i++)
        if (str_eq(capture->covers[i], glob) || str_glob(capture->covers[i], as_text, true))
            return true;
    return false;
}

/* Whether some member may fit both; errs towards yes for two globs. */
static bool
meets(const Capture *capture, Str glob, Str as_text, Arena *arena)
{
    if (covers(capture, glob, as_text))
        return true;
    for (size_t i = 0; i < capture->cover_count; i++) {
        Str cover = capture->covers[i];
        ArenaMark mark = arena_mark(arena);
        Str text = str_is_glob(cover) ? glob_as_text(arena, cover) : cover;
        bool inside = text.p && str_glob(glob, text, true);
        arena_reset_to(arena, mark);
        if (inside)
            return true;
    }
    return false;
}

typedef VEC(uint32_t) Positions;

static Status
add_position(Arena *arena, void **slot, size_t position, Err *err)
{
    if (slot && !*slot)
        *slot = ARENA_NEW(arena, Positions);
    uint32_t *item = slot && *slot ? VEC_PUSH(arena, (Positions *)*slot) : NULL;
    if (!item)
        return err_nomem(err);
    *item = (uint32_t)position;
    return ST_OK;
}

static Status
index_captures(Model *model, Err *err)
{
    CaptureIndex *index = &model->captures;
    if (index->built)
        return ST_OK;
    map_init(&index->literal, model->arena);
    for (size_t i = 0; i < model->manifest->captures.count; i++) {
        const Capture *capture = &model->manifest->captures.items[i];
        bool wide = false;
        for (size_t k = 0; k < capture->cover_count; k++) {
            wide = wide || str_is_glob(capture->covers[k]);
            if (!str_is_glob(capture->covers[k]))
                TRY(add_position(model->arena, map_slot(&index->literal, capture->covers[k]), i,
                                 err));
        }
        uint32_t *slot = wide ? VEC_PUSH(model->arena, &index->globs) : NULL;
        if (wide && !slot)
            return err_nomem(err);
        if (slot)
            *slot = (uint32_t)i;
    }
    index->built = true;
    return ST_OK;
}

/* What the captures say together about one glob. */
typedef struct {
    Model *model;
    const char *evidence;
    Str glob;
    Str as_text;
    bool covered;           /* a complete capture covers all of the glob */
    bool any;               /* something of it was captured */
    const Gap *gap;
    Err *err;
} Cover;

static Status
judge(Cover *c, size_t position)
{
    const Capture *capture = &c->model->manifest->captures.items[position];
    if (!meets(capture, c->glob, c->as_text, c->model->arena))
        return ST_OK;
    bool nothing = capture_found_nothing(capture);
    if (capture->state == CAPTURE_COMPLETE || nothing) {
        c->covered = c->covered || covers(capture, c->glob, c->as_text);
        c->any = c->any || !nothing;
        return ST_OK;
    }
    c->any = c->any || capture->state == CAPTURE_PARTIAL;
    const Gap *one;
    TRY(capture_gap(c->model, c->evidence, capture, NULL, &one, c->err));
    c->gap = gap_join(c->model->arena, c->gap, one);
    return c->gap ? ST_OK : err_nomem(c->err);
}

/* A name meets only the captures that name it and those that cover more than names. */
static Status
judge_all(Cover *c)
{
    const CaptureIndex *index = &c->model->captures;
    if (str_is_glob(c->glob)) {
        for (size_t i = 0; i < c->model->manifest->captures.count; i++)
            TRY(judge(c, i));
        return ST_OK;
    }
    const Positions *named = map_get(&index->literal, c->glob);
    for (size_t i = 0; named && i < named->count; i++)
        TRY(judge(c, named->items[i]));
    for (size_t i = 0; i < index->globs.count; i++)
        TRY(judge(c, index->globs.items[i]));
    return ST_OK;
}

static bool
was_seen(const Model *model, Str glob)
{
    for (size_t i = 0; i < model->seen.count; i++)
        if (str_glob(glob, model->seen.entries[i].key, true))
            return true;
    return false;
}

static bool
has_endpoint(Component component, Str what)
{
    for (size_t i = 0; i < ENDPOINT_COUNT; i++)
        if (ENDPOINTS[i].component == component && str_glob(what, str_of(ENDPOINTS[i].what), true))
            return true;
    return false;
}

/* A glob over all components is covered where each that has such an endpoint is. */
static Status
cover_components(Cover *c, Str glob)
{
    static const Str ALL = STR_INIT("http/*/");
    size_t slash;
    bool any = false;
    if (!str_starts(glob, ALL) || !str_rfind_char(glob, '/', &slash))
        return ST_OK;
    bool covered = true;
    for (Component i = 0; i < COMPONENT_COUNT; i++) {
        if (!has_endpoint(i, str_from(glob, slash + 1)))
            continue;
        Str one = arena_strf(c->model->arena, "http/%s/" STR_FMT, COMPONENT_NAMES[i],
                             STR_ARG(str_from(glob, ALL.n)));
        EvidenceState state;
        const Gap *gap;
        if (!one.p)
            return err_nomem(c->err);
        TRY(model_cover(c->model, c->evidence, one, &state, &gap, c->err));
        covered = covered && state == EVIDENCE_COMPLETE;
        c->any = c->any || state != EVIDENCE_UNKNOWN;
        c->gap = gap_join(c->model->arena, c->gap, gap);
        if (gap && !c->gap)
            return err_nomem(c->err);
        any = true;
    }
    c->covered = any && covered;
    return ST_OK;
}

static Status
damage_gap(Model *model, const char *evidence, Str glob, const Gap **ret, Err *err)
{
    Str text = arena_strf(model->arena,
                          "truncated: the bundle has no manifest and may have held more of "
                          STR_FMT ": %s", STR_ARG(glob), model->damage);
    return plain_gap(model, evidence, text, "truncated", "get the bundle again", NULL, ret, err);
}

Status
model_cover(Model *model, const char *evidence, Str glob, EvidenceState *ret,
            const Gap **ret_gap, Err *err)
{
    Cover c = {.model = model, .evidence = evidence, .glob = glob, .err = err};
    /* Without a manifest nothing says what else there was: what is there is read as complete,
     * unless the bundle is visibly not all that was written. */
    if (!model->manifest) {
        c.covered = was_seen(model, glob);
        if (c.covered && model->damage)
            TRY(damage_gap(model, evidence, glob, &c.gap, err));
    }
    if (model->manifest) {
        c.as_text = glob_as_text(model->arena, glob);
        if (!c.as_text.p)
            return err_nomem(err);
        TRY(index_captures(model, err));
        TRY(judge_all(&c));
        if (!c.covered)
            TRY(cover_components(&c, glob));
    }
    if (!c.covered && !c.gap)
        TRY(uncollected_gap(model, evidence, glob, NULL, &c.gap, err));
    *ret = !c.gap ? EVIDENCE_COMPLETE
                  : c.covered || c.any ? EVIDENCE_INCOMPLETE : EVIDENCE_UNKNOWN;
    *ret_gap = c.gap;
    return ST_OK;
}

Status
enumeration_gap(Model *model, const char *evidence, Str glob, const Gap **ret, Err *err)
{
    const Gap *gap = NULL;
    Str as_text = glob_as_text(model->arena, glob);
    if (!as_text.p)
        return err_nomem(err);
    for (size_t i = 0; model->manifest && i < model->manifest->captures.count; i++) {
        const Capture *capture = &model->manifest->captures.items[i];
        if (capture->state == CAPTURE_COMPLETE || capture_found_nothing(capture) ||
            !covers(capture, glob, as_text))
            continue;
        const Gap *one;
        TRY(capture_gap(model, evidence, capture, NULL, &one, err));
        gap = gap_join(model->arena, gap, one);
        if (!gap)
            return err_nomem(err);
    }
    *ret = gap;
    return ST_OK;
}

/* Whether the capture says that the member is not all of what there was. */
static bool
is_cut_by_capture(const Capture *capture)
{
    return capture->state != CAPTURE_COMPLETE ||
           (capture->truncated != TRUNCATED_NO && capture->truncated != TRUNCATED_SINCE);
}

static Status
member_gap(Model *model, const char *evidence, const Capture *capture, const Gap **ret, Err *err)
{
    if (capture->state != CAPTURE_COMPLETE)
        return capture_gap(model, evidence, capture, *ret, ret, err);
    Str text = arena_strf(model->arena, "truncated: cut at collection (%s)",
                          truncated_name(capture->truncated));
    return plain_gap(model, evidence, text, "truncated", ADVICE[CAPTURE_CLASS_TRUNCATED], *ret,
                     ret, err);
}

/* Whether the manifest knows of more bytes than came: the bundle was damaged or edited after
 * it was made. */
static bool
lacks_bytes(const SeenMember *seen, const Capture *capture, Str name)
{
    for (size_t i = 0; capture && !seen->stopped && i < capture->member_count; i++)
        if (str_eq(capture->members[i].name, name))
            return seen->bytes < capture->members[i].bytes;
    return false;
}

Status
model_member(Model *model, const char *evidence, Str name, MemberState *ret, Err *err)
{
    MemberState state = {0};
    const SeenMember *seen = map_get(&model->seen, name);
    if (model->manifest)
        state.capture = manifest_capture_of(model->manifest, name);
    if (state.capture && is_cut_by_capture(state.capture))
        TRY(member_gap(model, evidence, state.capture, &state.gap, err));
    if (seen && (seen->cut || lacks_bytes(seen, state.capture, name)))
        TRY(plain_gap(model, evidence,
                      arena_strf(model->arena, "truncated: the bundle holds only a part of " STR_FMT,
                                 STR_ARG(name)),
                      "truncated", "get the bundle again", state.gap, &state.gap, err));
    if (!seen && !state.gap) {
        EvidenceState cover;
        TRY(model_cover(model, evidence, name, &cover, &state.gap, err));
        if (cover == EVIDENCE_COMPLETE && state.capture && !capture_found_nothing(state.capture))
            TRY(plain_gap(model, evidence,
                          arena_strf(model->arena, "missing: the bundle does not hold " STR_FMT,
                                     STR_ARG(name)),
                          "", "get the bundle again", NULL, &state.gap, err));
    }
    state.state = !seen ? EVIDENCE_UNKNOWN : state.gap ? EVIDENCE_INCOMPLETE : EVIDENCE_COMPLETE;
    *ret = state;
    return ST_OK;
}
