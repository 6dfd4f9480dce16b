/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.c -- metrics text: all of Mixer's series, and the few that others have. */
#include "generate.h"

#include "base/cleanup.h"
#include "bundle/kind.h"

enum { FLUSH_BYTES = 1 << 18 };

typedef struct {
    const World *world;
    Sink *sink;
    Buf out;
    Err *err;
} Text;

static Status
flush(Text *text, size_t at_least)
{
    TRY(buf_status(&text->out, text->err));
    if (text->out.n < at_least)
        return ST_OK;
    TRY(sink_data(text->sink, buf_str(&text->out), text->err));
    buf_clear(&text->out);
    return ST_OK;
}

static void
add_process(Buf *out)
{
    buf_adds(out, "# HELP process_start_time_seconds Start time of the process since unix epoch "
                  "in seconds.\n"
                  "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds "
                  "1.52896351500e+09\n"
                  "# HELP process_open_fds Number of open file descriptors.\n# TYPE "
                  "process_open_fds gauge\nprocess_open_fds 41\n");
}

static void
add_mixer_head(Buf *out)
{
    static const char *const COUNTS[][2] = {
        {"mixer_config_attribute_count", "21"}, {"mixer_config_handler_config_count", "4"},
        {"mixer_config_instance_config_count", "8"}, {"mixer_config_rule_config_count", "6"},
        {"mixer_config_rule_config_error_count", "0"},
            {"mixer_config_rule_config_match_error_count", "0"},
        {"mixer_handler_handler_build_failure_count", "0"}};
    for (size_t i = 0; i < sizeof COUNTS / sizeof *COUNTS; i++)
        buf_printf(out, "# HELP %s The number of what the configuration holds.\n# TYPE %s gauge\n"
                        "%s{configID=\"0\"} %s\n",
                   COUNTS[i][0], COUNTS[i][0], COUNTS[i][0], COUNTS[i][1]);
    buf_adds(out, "# TYPE grpc_server_handled_total counter\n"
                  "grpc_server_handled_total{grpc_code=\"OK\",grpc_method=\"Report\","
                  "grpc_service=\"istio.mixer.v1.Mixer\",grpc_type=\"unary\"} 146\n"
                  "# TYPE mixer_runtime_dispatch_count counter\n"
                  "mixer_runtime_dispatch_count{adapter=\"prometheus\",error=\"false\","
                  "handler=\"handler.prometheus.istio-system\",meshFunction=\"metric\"} 146\n"
                  "mixer_runtime_dispatch_count{adapter=\"kubernetesenv\",error=\"false\","
                  "handler=\"handler.kubernetesenv.istio-system\",meshFunction=\"kubernetes\"} "
                  "146\n");
}

/* Histograms of many instances: most of what large meshes serve are buckets. */
static Status
add_series(Text *text, uint64_t count)
{
    static const char *const BOUNDS[] = {"0.0001", "0.00025", "0.0005", "0.001", "0.0025", "0.005",
        "0.01", "0.025",
                                         "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10",
                                             "+Inf"};
    enum { BOUND_COUNT = sizeof BOUNDS / sizeof *BOUNDS };
    buf_adds(&text->out, "# HELP mixer_runtime_dispatch_duration Durations of dispatches in "
                         "seconds.\n"
                         "# TYPE mixer_runtime_dispatch_duration histogram\n");
    for (uint64_t i = 0, left = count; left > BOUND_COUNT + 2; i++, left -= BOUND_COUNT + 2) {
        uint64_t sum = 0;
        for (size_t k = 0; k < BOUND_COUNT; k++) {
            sum += mix(i * BOUND_COUNT + k) % 1000;
            buf_printf(&text->out, "mixer_runtime_dispatch_duration_bucket{handler=\"h%06" PRIu64
                       ".metric.team-%03" PRIu64 "\",le=\"%s\"} %" PRIu64 "\n",
                       i, i % 1000, BOUNDS[k], sum);
        }
        buf_printf(&text->out, "mixer_runtime_dispatch_duration_sum{handler=\"h%06" PRIu64
                   ".metric.team-%03" PRIu64 "\"} %" PRIu64 ".%06" PRIu64 "\n",
                   i, i % 1000, sum / 7, mix(i) % 1000000);
        buf_printf(&text->out, "mixer_runtime_dispatch_duration_count{handler=\"h%06" PRIu64
                   ".metric.team-%03" PRIu64 "\"} %" PRIu64 "\n", i, i % 1000, sum);
        TRY(flush(text, FLUSH_BYTES));
    }
    return ST_OK;
}

static void
add_rest(Buf *out, const ControlPod *pod)
{
    if (str_is(str_of(pod->component), "pilot"))
        buf_adds(out, "# TYPE pilot_services gauge\npilot_services 120\n# TYPE pilot_xds gauge\n"
                      "pilot_xds 40\n");
    if (str_is(str_of(pod->component), "citadel"))
        buf_adds(out, "# TYPE citadel_server_csr_sign_err_count counter\n"
                      "citadel_server_csr_sign_err_count 0\n");
}

static Status
make_sample(Text *text, size_t pod_number, uint32_t sample)
{
    CLEANUP(cleanup_arena) Arena *arena = arena_new(SIZE_MAX);
    const ControlPod *pod = &CONTROL_PODS[pod_number];
    Str name;
    if (!arena)
        return err_nomem(text->err);
    TRY(member_name_metrics(arena, str_of(pod->component), STR(CONTROL_NAMESPACE),
        str_of(pod->name), pod->port,
                            sample, &name, text->err));
    TRY(sink_begin(text->sink, name, text->err));
    add_process(&text->out);
    if (str_is(str_of(pod->component), "mixer"))
        add_mixer_head(&text->out);
    add_rest(&text->out, pod);
    /* One text of them all, so that other programs can be given the same. */
    if (pod_number == 0 && sample == 1)
        TRY(add_series(text, text->world->sizes->series));
    TRY(flush(text, 0));
    return sink_end(text->sink, text->err);
}

Status
make_metrics(const World *world, Sink *sink, Err *err)
{
    Text text = {.world = world, .sink = sink, .out = BUF_INIT(4 << 20), .err = err};
    Status status = ST_OK;
    for (size_t i = 0; i < CONTROL_POD_COUNT && status == ST_OK; i++)
        if (CONTROL_PODS[i].port)
            status = make_sample(&text, i, 1);
    buf_done(&text.out);
    return status;
}
