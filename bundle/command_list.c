/* SPDX-License-Identifier: Apache-2.0 */
/* command_list.c -- meshcase-bundle list: the members, and what became of their captures. */
#include "base/node.h"
#include "base/utf8.h"
#include "bundle/command.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

typedef struct {
    bool with_more;
    bool json;
} Settings;

static const Option OPTIONS[] = {
    {"long", 'l', OPTION_FLAG, NULL, "state, kind and size before each name",
     .target = offsetof(Settings, with_more)},
    {"json", 0, OPTION_FLAG, NULL, "one JSON document, with problems",
     .target = offsetof(Settings, json)},
    {.name = NULL},
};

static const OptionSet LIST_OPTIONS = {
    .program = "meshcase-bundle",
    .command = "list",
    .usage = "[OPTION]... BUNDLE|DIRECTORY|-",
    .summary = "list the members of a bundle",
    .description = "Names are those below the top folder. The state is that of the capture which "
                   "brought the member: complete, partial, or - where the manifest does not "
                   "name it. With --long, captures that brought nothing follow at the end. "
                   "What is wrong with the bundle is said on standard error.",
    .exit_codes = COMMAND_EXIT_CODES,
    .options = OPTIONS,
    .min_operands = 1,
    .max_operands = 1,
};

static const Capture *
capture_of(const Bundle *bundle, const Member *member)
{
    const Manifest *manifest = bundle_manifest(bundle);
    return manifest ? manifest_capture_of(manifest, member->name) : NULL;
}

static void
add_json_member(const Bundle *bundle, const Member *member, Buf *out)
{
    const Capture *capture = capture_of(bundle, member);
    buf_adds(out, "{\"name\":");
    node_write_json_string(member->name, out);
    buf_printf(out, ",\"kind\":\"%s\"", MEMBER_KINDS[member->kind].name);
    if (member->has_bytes)
        buf_printf(out, ",\"bytes\":%" PRIu64, member->bytes);
    if (member->has_sha256) {
        char hex[DIGEST_HEX_BYTES];
        digest_hex(&member->sha256, hex);
        buf_printf(out, ",\"sha256\":\"%s\"", hex);
    }
    if (capture)
        buf_printf(out, ",\"state\":\"%s\"", capture_state_name(capture->state));
    if (capture && capture->class != CAPTURE_CLASS_NONE)
        buf_printf(out, ",\"class\":\"%s\"", capture_class_name(capture->class));
    buf_addc(out, '}');
}

static void
print_json(const Bundle *bundle, Buf *out)
{
    size_t count;
    const Member *const *members = bundle_members(bundle, &count);
    buf_adds(out, "{\"format\":\"meshcase-listing/1\",");
    command_add_bundle(bundle, out);
    buf_adds(out, ",\n\"members\":[");
    for (size_t i = 0; i < count; i++) {
        buf_adds(out, i ? ",\n" : "\n");
        add_json_member(bundle, members[i], out);
    }
    buf_adds(out, "],\n");
    command_add_problems(bundle, out);
    buf_adds(out, "}\n");
}

static void
add_line(Buf *out, const char *state, const char *kind, const char *bytes, Str name)
{
    buf_printf(out, "%-8s  %-13s  %12s  ", state, kind, bytes);
    utf8_escape_terminal(out, name, false);
}

static void
print_long(const Bundle *bundle, Buf *out)
{
    size_t count;
    const Member *const *members = bundle_members(bundle, &count);
    const Manifest *manifest = bundle_manifest(bundle);
    for (size_t i = 0; i < count; i++) {
        const Capture *capture = capture_of(bundle, members[i]);
        char bytes[24] = "?";
        if (members[i]->has_bytes)
            (void)snprintf(bytes, sizeof bytes, "%" PRIu64, members[i]->bytes);
        add_line(out, capture ? capture_state_name(capture->state) : "-",
                 MEMBER_KINDS[members[i]->kind].name, bytes, members[i]->name);
        buf_addc(out, '\n');
    }
    for (size_t i = 0; manifest && i < manifest->captures.count; i++) {
        const Capture *capture = &manifest->captures.items[i];
        if (capture->member_count || capture->state == CAPTURE_COMPLETE)
            continue;
        add_line(out, capture_state_name(capture->state), capture_class_name(capture->class), "-",
                 capture->id);
        buf_adds(out, ": ");
        utf8_escape_terminal(out, capture->reason, false);
        buf_addc(out, '\n');
    }
}

static void
print_names(const Bundle *bundle, Buf *out)
{
    size_t count;
    const Member *const *members = bundle_members(bundle, &count);
    for (size_t i = 0; i < count; i++) {
        utf8_escape_terminal(out, members[i]->name, false);
        buf_addc(out, '\n');
    }
}

static BundleExit
run(const CommandCall *call, Err *err)
{
    const Settings *settings = call->settings;
    CLEANUP(cleanup_bundle) Bundle *bundle = NULL;
    Status status = command_open(call, &bundle, err);
    if (status == ST_OK)
        status = command_learn_names(bundle, err);
    if (status != ST_OK)
        return command_exit(status);
    if (settings->json)
        print_json(bundle, call->out);
    else if (settings->with_more)
        print_long(bundle, call->out);
    else
        print_names(bundle, call->out);
    if (!settings->json)
        command_print_problems(bundle);
    return EXIT_GOOD;
}

const Command COMMAND_LIST = {"list", &LIST_OPTIONS, sizeof(Settings), run};
