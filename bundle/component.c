/* SPDX-License-Identifier: Apache-2.0 */
/* component.c -- the tables of components.def and endpoints.def. */
#include "bundle/component.h"

const char *const COMPONENT_NAMES[] = {
#define COMPONENT(id, name, help) [COMPONENT_##id] = name,
#define FORM(id, versions, selector, container, ports, image, scope)
#include "bundle/components.def"
#undef COMPONENT
    NULL,
};

const char *const COMPONENT_HELP[] = {
#define COMPONENT(id, name, help) [COMPONENT_##id] = help,
#include "bundle/components.def"
#undef COMPONENT
#undef FORM
    NULL,
};

const ComponentForm COMPONENT_FORMS[] = {
#define COMPONENT(id, name, help)
#define FORM(id, versions, selector, container, ports, image, scope) \
    {COMPONENT_##id, versions, selector, container, ports, image, SCOPE_##scope},
#include "bundle/components.def"
#undef COMPONENT
#undef FORM
};
const size_t COMPONENT_FORM_COUNT = sizeof COMPONENT_FORMS / sizeof COMPONENT_FORMS[0];

enum { REACH_POD = false, REACH_LOCAL = true };

const Endpoint ENDPOINTS[] = {
#define ENDPOINT(component, what, port, path, reach, versions, help) \
    {COMPONENT_##component, what, port, path, (bool)REACH_##reach, versions, help},
#define PROBE(component, what, help, ...)
#include "bundle/endpoints.def"
#undef ENDPOINT
#undef PROBE
};
const size_t ENDPOINT_COUNT = sizeof ENDPOINTS / sizeof ENDPOINTS[0];

const Probe PROBES[] = {
#define ENDPOINT(component, what, port, path, reach, versions, help)
#define PROBE(component, what, help, ...) {COMPONENT_##component, what, {__VA_ARGS__, NULL}, help},
#include "bundle/endpoints.def"
#undef ENDPOINT
#undef PROBE
};
const size_t PROBE_COUNT = sizeof PROBES / sizeof PROBES[0];

bool
component_of(Str name, Component *ret)
{
    for (int i = 0; i < COMPONENT_COUNT; i++) {
        if (str_is(name, COMPONENT_NAMES[i])) {
            *ret = (Component)i;
            return true;
        }
    }
    return false;
}

bool
component_word_in(const char *list, char separator, Str value)
{
    Str rest = str_of(list);
    for (Str word; str_cut(&rest, separator, &word);)
        if (word.n && str_eq(word, value))
            return true;
    return false;
}

bool
component_has_port(Component component, uint32_t port)
{
    for (size_t i = 0; i < COMPONENT_FORM_COUNT; i++) {
        if (COMPONENT_FORMS[i].component != component)
            continue;
        Str rest = str_of(COMPONENT_FORMS[i].ports);
        uint64_t listed;
        for (Str word; str_cut(&rest, ',', &word);)
            if (str_to_u64(word, &listed) && listed == port)
                return true;
    }
    return false;
}

const Endpoint *
endpoint_of(Component component, Str what)
{
    for (size_t i = 0; i < ENDPOINT_COUNT; i++)
        if (ENDPOINTS[i].component == component && str_is(what, ENDPOINTS[i].what))
            return &ENDPOINTS[i];
    return NULL;
}

const Probe *
probe_of(Str what)
{
    for (size_t i = 0; i < PROBE_COUNT; i++)
        if (str_is(what, PROBES[i].what))
            return &PROBES[i];
    return NULL;
}
