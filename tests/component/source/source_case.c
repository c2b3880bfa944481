#include "source_case.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "host/guest_dir.h"
#include "services/source/source.h"
#include "support/tmp_folder.h"
#include "wire/json.h"

enum { UNTIL_MS = 20000, TICK_MS = 2 };

static void must(int result, const struct gw_error *err)
{
    if (result != 0)
        fail_msg("%s", err->message);
}

static void load_settings(struct source_case *c)
{
    struct gw_error err = {0};
    size_t n_keys = 0;
    const struct gw_config_key *keys = gw_host_settings_keys(&n_keys);
    GW_AUTO_FREE char *text = gw_strf("data_dir = %s/data\n"
                                      "host_name = h1\n"
                                      "host_dir = %s/host\n"
                                      "scheduler = ipc://%s/scheduler.sock\n"
                                      "listen = tcp://127.0.0.1:0\n"
                                      "management_address = 127.0.0.1\n"
                                      "migration_address = 127.0.0.1\n"
                                      "pool = local:local:%s/pool\n"
                                      "pool = common:shared:%s/shared\n"
                                      "accelerator = tcg\n"
                                      "qemu = /bin/false\n",
                                      c->folder, c->folder, c->folder, c->folder, c->folder);
    must(gw_config_parse(keys, n_keys, "test", text, &c->settings, &err), &err);
}

static void make_folder(struct source_case *c, const char *leaf)
{
    struct gw_error err = {0};
    GW_AUTO_FREE char *path = gw_strf("%s/%s", c->folder, leaf);

    must(gw_dir_make(path, &err), &err);
}

int source_case_setup(void **state)
{
    struct gw_error err = {0};
    struct source_case *c = calloc(1, sizeof *c);

    c->folder = tmp_folder_make();
    c->target.fd = -1;
    make_folder(c, "data");
    make_folder(c, "pool");
    make_folder(c, "shared");
    load_settings(c);
    must(gw_host_init(&c->host, &c->settings, &err), &err);
    c->scheduler = fake_scheduler_start(c->settings.scheduler);
    c->loop = gw_loop_new(&err);
    assert_non_null(c->loop);
    *state = c;
    return 0;
}

int source_case_teardown(void **state)
{
    struct source_case *c = *state;
    size_t n_keys = 0;
    const struct gw_config_key *keys = gw_host_settings_keys(&n_keys);

    source_case_down(c);
    source_case_kill(c);
    gw_record_file_close(&c->target);
    gw_loop_free(c->loop);
    fake_scheduler_stop(c->scheduler);
    gw_config_fini(keys, n_keys, &c->settings);
    tmp_folder_remove(c->folder);
    free(c);
    return 0;
}

void source_case_up(struct source_case *c)
{
    struct gw_error err = {0};
    struct gw_daemon daemon = {.loop = c->loop, .settings = &c->settings};
    struct gw_log log = gw_log_none();
    GW_AUTO_FREE char *url = gw_strf("ipc://%s/host/source.sock", c->folder);
    char *status = NULL;

    if (getenv("GW_TEST_LOG") != NULL)
        gw_log_init(&log, STDERR_FILENO, GW_LOG_DEBUG, gw_clock_system());
    daemon.log = log;
    must(src_source_start(&daemon, &c->daemon, &status, &err), &err);
    free(status);
    c->channel = gw_rpc_channel_new(c->loop, url, NULL, NULL, &log, &err);
    assert_non_null(c->channel);
}

void source_case_down(struct source_case *c)
{
    if (c->daemon == NULL)
        return;
    gw_rpc_channel_free(gw_steal(c->channel));
    src_source_stop(gw_steal(c->daemon));
}

/* ---- the guest ---- */

static void on_qemu_ended(void *arg, int status)
{
    struct source_case *c = arg;

    (void)status;
    gw_child_free(gw_steal(c->qemu));
    c->has_qemu_ended = true;
}

void source_case_spawn(struct source_case *c, const char *const *argv)
{
    struct gw_error err = {0};
    const struct gw_spawn spawn = {.argv = argv, .stdout_fd = -1, .stderr_fd = -1};

    c->qemu = gw_child_spawn(c->loop, &spawn, on_qemu_ended, c, &err);
    if (c->qemu == NULL)
        fail_msg("%s", err.message);
}

bool source_case_has_no_qemu(void *arg)
{
    return ((struct source_case *)arg)->qemu == NULL;
}

void source_case_signal(struct source_case *c)
{
    if (c->qemu != NULL)
        (void)gw_child_kill(c->qemu, SIGKILL, NULL);
}

void source_case_kill(struct source_case *c)
{
    if (c->qemu == NULL)
        return;
    (void)gw_child_kill(c->qemu, SIGKILL, NULL);
    source_case_until(c, source_case_has_no_qemu, c);
}

static void write_spec(struct source_case *c, unsigned n_disks)
{
    struct gw_error err = {0};
    GW_AUTO_FREE struct gw_guest_spec *spec = calloc(1, sizeof *spec);

    (void)gw_str_copy(spec->name, sizeof spec->name, "vm1");
    (void)gw_str_copy(spec->uuid, sizeof spec->uuid, CASE_UUID);
    spec->memory_bytes = UINT64_C(64) << 20;
    for (unsigned i = 0; i < n_disks; i++) {
        struct gw_guest_disk *disk = &spec->disks[spec->n_disks++];
        (void)snprintf(disk->name, sizeof disk->name, "d%u", i);
        (void)gw_str_copy(disk->pool, sizeof disk->pool, "local");
        (void)snprintf(disk->file, sizeof disk->file, "vm1-d%u.raw", i);
        disk->format = GW_DISK_FORMAT_RAW;
        disk->size_bytes = 1 << 20;
        GW_AUTO_FREE char *path = gw_strf("%s/pool/%s", c->folder, disk->file);
        GW_AUTO_FD int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        assert_return_code(ftruncate(fd, 1 << 20), 0);
    }
    must(gw_guest_spec_fill(spec, "pc-q35-7.2", "qemu64", &err), &err);
    must(gw_guest_dir_save_spec(&c->host, spec, &err), &err);
}

void source_case_guest(struct source_case *c, unsigned n_disks, uint64_t epoch)
{
    struct gw_error err = {0};
    struct gw_record record = {.state = GW_RECORD_ACTIVE, .epoch = epoch};

    must(gw_guest_dir_make(&c->host, CASE_UUID, &err), &err);
    write_spec(c, n_disks);
    memcpy(record.guest_uuid, CASE_UUID, sizeof record.guest_uuid);
    memcpy(record.boot_id, c->host.boot_id, sizeof record.boot_id);
    if (c->qemu != NULL) {
        record.qemu_pid = gw_child_pid(c->qemu);
        record.qemu_start_ticks = gw_child_start_ticks(c->qemu);
    }
    if (c->target.fd < 0) {
        GW_AUTO_FREE char *path = source_case_path(c, GW_GUEST_TARGET_RECORD);
        must(gw_record_file_open(&c->target, path, &err), &err);
    }
    must(gw_record_file_write(&c->target, &record, GW_RECORD_NO_SYNC, &err), &err);
}

char *source_case_path(struct source_case *c, const char *leaf)
{
    return gw_guest_dir_path(&c->host, CASE_UUID, leaf);
}

struct gw_record source_case_record(struct source_case *c)
{
    struct gw_error err = {0};
    struct gw_record record = {0};
    GW_AUTO_FREE char *path = source_case_path(c, GW_GUEST_SOURCE_RECORD);

    must(gw_record_read(path, &record, &err), &err);
    return record;
}

/* ---- the loop ---- */

struct until {
    struct source_case *c;
    struct gw_timer *tick;
    bool (*is_true)(void *arg);
    void *arg;
    uint64_t end_us;
    bool is_late;
};

static void tick(void *arg)
{
    struct until *u = arg;

    if (u->is_true(u->arg)) {
        gw_loop_stop(u->c->loop);
    } else if (gw_loop_now_us(u->c->loop) > u->end_us) {
        u->is_late = true;
        gw_loop_stop(u->c->loop);
    } else {
        gw_timer_start(u->tick, TICK_MS);
    }
}

static bool run_until(struct source_case *c, uint64_t ms, bool (*is_true)(void *arg), void *arg)
{
    struct gw_error err = {0};
    struct until u = {.c = c, .is_true = is_true, .arg = arg};

    u.end_us = gw_loop_now_us(c->loop) + ms * 1000;
    u.tick = gw_timer_new(c->loop, tick, &u);
    gw_timer_start(u.tick, 0);
    must(gw_loop_run(c->loop, &err), &err);
    gw_timer_free(u.tick);
    return !u.is_late;
}

void source_case_until(struct source_case *c, bool (*is_true)(void *arg), void *arg)
{
    if (!run_until(c, UNTIL_MS, is_true, arg))
        fail_msg("what was waited for did not happen within %d ms", UNTIL_MS);
}

static bool never(void *arg)
{
    (void)arg;
    return false;
}

void source_case_run_for(struct source_case *c, uint64_t ms)
{
    (void)run_until(c, ms, never, NULL);
}

struct asked {
    struct source_case *c;
    const char *method;
    unsigned n;
};

static bool was_asked(void *arg)
{
    const struct asked *a = arg;

    return fake_scheduler_count(a->c->scheduler, a->method) >= a->n;
}

void source_case_until_asked(struct source_case *c, const char *method, unsigned n)
{
    struct asked a = {c, method, n};

    if (!run_until(c, UNTIL_MS, was_asked, &a))
        fail_msg("the scheduler was asked %s %u times, not %u", method,
                 fake_scheduler_count(c->scheduler, method), n);
}

struct in_state {
    struct source_case *c;
    enum gw_record_state state;
};

static bool has_state(void *arg)
{
    const struct in_state *s = arg;

    return source_case_record(s->c).state == s->state;
}

void source_case_until_record(struct source_case *c, enum gw_record_state state)
{
    struct in_state s = {c, state};

    if (!run_until(c, UNTIL_MS, has_state, &s))
        fail_msg("the record is %s, not %s", gw_record_state_name(source_case_record(c).state),
                 gw_record_state_name(state));
}

/* ---- calls ---- */

struct pending {
    struct gw_rpc_call *call;
    bool is_over, is_unheard;
    char *json;
    struct gw_error err;
};

static void on_reply(const ProtobufCMessage *message, void *arg)
{
    struct pending *p = arg;

    p->is_over = true;
    if (p->is_unheard) {
        free(p);
        return;
    }
    if (message != NULL)
        p->json = gw_json_text_from_message(message, 0, NULL);
    else
        p->err = *gw_rpc_call_error(p->call);
}

static void
start_call(struct source_case *c, const char *method, const char *json, struct pending *p)
{
    const ProtobufCServiceDescriptor *service = &godwit__v1__source_service__descriptor;
    const ProtobufCMethodDescriptor *m =
        protobuf_c_service_descriptor_get_method_by_name(service, method);
    const struct gw_rpc_options options = {.deadline_ms = 15000};
    struct gw_error err = {0};

    assert_non_null(m);
    ProtobufCMessage *request = gw_json_text_to_message(m->input, json, strlen(json), 0, &err);
    if (request == NULL)
        fail_msg("%s: %s", json, err.message);
    p->call = gw_rpc_call_new(c->channel, service, &options);
    ProtobufCService *stub = gw_rpc_call_stub(p->call);
    stub->invoke(stub, (unsigned)(m - service->methods), request, on_reply, p);
    protobuf_c_message_free_unpacked(request, NULL);
}

static bool is_over(void *arg)
{
    return ((struct pending *)arg)->is_over;
}

char *
source_case_call(struct source_case *c, const char *method, const char *json, struct gw_error *err)
{
    struct pending p = {0};

    start_call(c, method, json, &p);
    source_case_until(c, is_over, &p);
    *err = p.err;
    return p.json;
}

void source_case_call_later(struct source_case *c, const char *method, const char *json)
{
    struct pending *p = calloc(1, sizeof *p);

    p->is_unheard = true;
    start_call(c, method, json, p);
}

void source_case_ok(struct source_case *c, const char *method, const char *json)
{
    struct gw_error err = {0};
    GW_AUTO_FREE char *reply = source_case_call(c, method, json, &err);

    if (reply == NULL)
        fail_msg("%s: %s", method, err.message);
}

void source_case_fails(struct source_case *c,
                       const char *method,
                       const char *json,
                       enum gw_code code,
                       const char *reason)
{
    struct gw_error err = {0};
    GW_AUTO_FREE char *reply = source_case_call(c, method, json, &err);

    assert_null(reply);
    assert_error_code(&err, code);
    assert_string_equal(err.reason, reason);
}
