#include "tests/component/target/mover.h"

#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "host/guest_dir.h"

static const char *text_of(json_object *data, const char *key)
{
    json_object *value = NULL;
    return json_object_object_get_ex(data, key, &value) ? json_object_get_string(value) : "";
}

static void on_ready(void *arg, bool has_oob)
{
    struct mover *mover = arg;
    (void)has_oob;
    mover->is_ready = true;
}

static void on_event(void *arg, const char *name, json_object *data, uint64_t stamp_us)
{
    struct mover *mover = arg;
    (void)stamp_us;
    if (strcmp(name, "MIGRATION") == 0)
        (void)snprintf(mover->status, sizeof mover->status, "%s", text_of(data, "status"));
    if (strcmp(name, "BLOCK_JOB_READY") == 0)
        mover->is_mirror_ready = true;
    if (strcmp(name, "BLOCK_JOB_COMPLETED") == 0)
        mover->is_mirror_over = true;
}

static void on_closed(void *arg, const struct gw_error *err)
{
    struct mover *mover = arg;
    mover->is_closed = true;
    mover->err = *err;
}

void mover_open(struct mover *mover, struct agent *agent)
{
    struct gw_error err = {0};
    *mover = (struct mover){.bench = agent->bench};
    const struct gw_qmp_handlers handlers = {
        .ready = on_ready, .event = on_event, .closed = on_closed, .arg = mover};
    char *path = gw_guest_dir_path(&agent->host->host, BENCH_UUID, GW_GUEST_SOURCE_QMP);
    mover->qmp = gw_qmp_open(agent->bench->loop, path, &handlers, &err);
    if (!mover->qmp)
        fail_msg("%s", err.message);
    free(path);
    bench_wait(mover->bench, &mover->is_ready);
}

void mover_close(struct mover *mover)
{
    gw_qmp_close(mover->qmp);
    mover->qmp = NULL;
}

static void on_answer(void *arg, json_object *result, const struct gw_error *err)
{
    struct mover *mover = arg;
    mover->has_answer = true;
    mover->err = err ? *err : (struct gw_error){0};
    (void)snprintf(mover->answer, sizeof mover->answer, "%s",
                   result ? json_object_to_json_string(result) : "");
}

void mover_run(struct mover *mover, const char *command, const char *json)
{
    mover->has_answer = false;
    gw_qmp_execute(mover->qmp, command, json ? json_tokener_parse(json) : NULL, BENCH_WAIT_MS,
                   on_answer, mover);
    bench_wait(mover->bench, &mover->has_answer);
    if (gw_error_is_set(&mover->err))
        fail_msg("%s: %s", command, mover->err.message);
}

struct wanted {
    const struct mover *mover;
    const char *word;
};

static bool has_status(void *arg)
{
    const struct wanted *wanted = arg;
    return strcmp(wanted->mover->status, wanted->word) == 0;
}

void mover_await(struct mover *mover, const char *word)
{
    struct wanted wanted = {.mover = mover, .word = word};
    bench_wait_until(mover->bench, has_status, &wanted);
}

static void start_mirror(struct mover *mover, uint32_t port)
{
    char json[512];
    (void)snprintf(json, sizeof json,
                   "{\"driver\":\"nbd\",\"node-name\":\"there\",\"export\":\"root\",\"server\":"
                   "{\"type\":\"inet\",\"host\":\"127.0.0.1\",\"port\":\"%u\"}}",
                   port);
    mover_run(mover, "blockdev-add", json);
    mover_run(mover, "blockdev-mirror",
              "{\"job-id\":\"m\",\"device\":\"disk-root\",\"target\":\"there\",\"sync\":\"full\"}");
    bench_wait(mover->bench, &mover->is_mirror_ready);
}

void mover_move(struct mover *mover, const struct endpoints *endpoints)
{
    char uri[64];
    if (endpoints->disk_port)
        start_mirror(mover, endpoints->disk_port);
    mover_run(mover, "migrate-set-capabilities",
              "{\"capabilities\":[{\"capability\":\"return-path\",\"state\":true},"
              "{\"capability\":\"pause-before-switchover\",\"state\":true},"
              "{\"capability\":\"late-block-activate\",\"state\":true},"
              "{\"capability\":\"validate-uuid\",\"state\":true},"
              "{\"capability\":\"events\",\"state\":true}]}");
    (void)snprintf(uri, sizeof uri, "{\"uri\":\"tcp:127.0.0.1:%u\"}", endpoints->memory_port);
    mover_run(mover, "migrate", uri);
    mover_await(mover, "pre-switchover");
    if (endpoints->disk_port) {
        mover_run(mover, "block-job-cancel", "{\"device\":\"m\"}");
        bench_wait(mover->bench, &mover->is_mirror_over);
    }
    mover_run(mover, "migrate-continue", "{\"state\":\"pre-switchover\"}");
    mover_await(mover, "completed");
}

void mover_status(struct agent *agent, char out[32])
{
    struct mover mover;
    mover_open(&mover, agent);
    mover_run(&mover, "query-status", NULL);
    json_object *object = json_tokener_parse(mover.answer);
    (void)snprintf(out, 32, "%s", text_of(object, "status"));
    json_object_put(object);
    mover_close(&mover);
}
