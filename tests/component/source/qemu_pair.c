#include "qemu_pair.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"

#define QEMU "/usr/bin/qemu-system-x86_64"
enum { DISK_BYTES = 1 << 20, ARGS_MAX = 64 };

bool qemu_pair_is_possible(void)
{
    return access(QEMU, X_OK) == 0;
}

/* ---- command line ---- */

struct args {
    char *items[ARGS_MAX];
    size_t n;
};

static void add(struct args *args, char *text)
{
    assert_non_null(text);
    assert_true(args->n < ARGS_MAX - 1);
    args->items[args->n++] = text;
}

static void add_words(struct args *args, const char *const *words)
{
    for (; *words != NULL; words++)
        add(args, strdup(*words));
}

static void free_args(struct args *args)
{
    for (size_t i = 0; i < args->n; i++)
        free(args->items[i]);
}

static void add_machine(struct args *args, const char *folder, unsigned n_disks)
{
    static const char *const words[] = {QEMU, "-nodefaults", "-no-user-config", "-display", "none",
                                        "-S", "-machine",    "pc-q35-7.2",      "-accel",   "tcg",
                                        "-m", "65544k",      "-uuid",           CASE_UUID,  NULL};
    add_words(args, words);
    for (unsigned i = 0; i < n_disks; i++) {
        add(args, strdup("-blockdev"));
        add(args, gw_strf("{\"driver\":\"file\",\"node-name\":\"file-d%u\",\"filename\":"
                          "\"%s/vm1-d%u.raw\"}",
                          i, folder, i));
        add(args, strdup("-blockdev"));
        add(args,
            gw_strf("{\"driver\":\"raw\",\"node-name\":\"disk-d%u\",\"file\":\"file-d%u\"}", i, i));
        add(args, strdup("-device"));
        add(args, gw_strf("virtio-blk-pci,drive=disk-d%u", i));
    }
}

static void add_monitor(struct args *args, char *path)
{
    add(args, strdup("-qmp"));
    add(args, gw_strf("unix:%s,server=on,wait=off", path));
    free(path);
}

/* ---- monitors ---- */

static bool is_there(void *arg)
{
    return access(arg, F_OK) == 0;
}

static void on_event(void *arg, const char *name, json_object *data, uint64_t stamp_us)
{
    (void)arg;
    (void)name;
    (void)data;
    (void)stamp_us;
}

static void on_closed(void *arg, const struct gw_error *err)
{
    (void)arg;
    (void)err;
}

static struct gw_qmp *open_monitor(struct source_case *c, char *path)
{
    const struct gw_qmp_handlers handlers = {.event = on_event, .closed = on_closed};
    struct gw_error err = {0};

    source_case_until(c, is_there, path);
    struct gw_qmp *qmp = gw_qmp_open(c->loop, path, &handlers, &err);
    while (qmp == NULL) { /* bound, not yet listening */
        source_case_run_for(c, 5);
        qmp = gw_qmp_open(c->loop, path, &handlers, &err);
    }
    free(path);
    return qmp;
}

struct asked {
    bool is_over;
    json_object *result;
    struct gw_error err;
};

static void on_result(void *arg, json_object *result, const struct gw_error *err)
{
    struct asked *a = arg;

    a->is_over = true;
    a->result = json_object_get(result);
    a->err = *err;
}

static bool is_over(void *arg)
{
    return ((struct asked *)arg)->is_over;
}

static json_object *wait_for(struct qemu_pair *p, struct asked *a, const char *command)
{
    source_case_until(p->c, is_over, a);
    if (a->result == NULL)
        fail_msg("%s: %s", command, a->err.message);
    return a->result;
}

json_object *
qemu_pair_ask(struct qemu_pair *p, struct gw_qmp *qmp, const char *command, const char *json)
{
    struct asked a = {0};

    gw_qmp_execute(qmp, command, json != NULL ? json_tokener_parse(json) : NULL, 10000, on_result,
                   &a);
    return wait_for(p, &a, command);
}

static void tell(struct qemu_pair *p, struct gw_qmp *qmp, const char *command, const char *json)
{
    json_object_put(qemu_pair_ask(p, qmp, command, json));
}

const char *qemu_pair_status(struct qemu_pair *p, struct gw_qmp *qmp)
{
    static char status[32];
    json_object *value = NULL;
    json_object *result = qemu_pair_ask(p, qmp, "query-status", NULL);

    assert_true(json_object_object_get_ex(result, "status", &value));
    (void)gw_str_copy(status, sizeof status, json_object_get_string(value));
    json_object_put(result);
    return status;
}

/* ---- the pair ---- */

static void fill_disks(struct source_case *c, unsigned n_disks)
{
    GW_AUTO_FREE char *bytes = malloc(DISK_BYTES);

    for (unsigned i = 0; i < n_disks; i++) {
        GW_AUTO_FREE char *path = gw_strf("%s/pool/vm1-d%u.raw", c->folder, i);
        for (size_t at = 0; at < DISK_BYTES; at += 256)
            assert_int_equal(getrandom(bytes + at, 256, 0), 256);
        GW_AUTO_FD int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        assert_int_equal(pwrite(fd, bytes, DISK_BYTES, 0), DISK_BYTES);
    }
}

static void on_b_ended(void *arg, int status)
{
    struct qemu_pair *p = arg;

    (void)status;
    gw_child_free(gw_steal(p->b));
}

struct qemu_pair *qemu_pair_start(struct source_case *c, unsigned n_disks)
{
    struct qemu_pair *p = calloc(1, sizeof *p);
    struct args args = {.n = 0};
    GW_AUTO_FREE char *pool = gw_strf("%s/pool", c->folder);

    p->c = c;
    p->n_disks = n_disks;
    p->nbd_fd = -1;
    c->extra = p;
    source_case_guest(c, n_disks, 1); /* makes the folder; written again with the pid below */
    fill_disks(c, n_disks);
    add_machine(&args, pool, n_disks);
    add_monitor(&args, source_case_path(c, "source.qmp"));
    add_monitor(&args, source_case_path(c, "target.qmp"));
    source_case_spawn(c, (const char *const *)args.items);
    free_args(&args);
    source_case_guest(c, n_disks, 1);
    p->a_qmp = open_monitor(c, source_case_path(c, "target.qmp"));
    tell(p, p->a_qmp, "cont", NULL);
    return p;
}

static void spawn_b(struct qemu_pair *p)
{
    struct gw_error err = {0};
    struct args args = {.n = 0};
    GW_AUTO_FREE char *pool = gw_strf("%s/shared", p->c->folder); /* B's own folder here */
    char *monitor = gw_strf("%s/b.qmp", p->c->folder);
    const char *const incoming[] = {"-incoming", "defer", NULL};

    (void)unlink(monitor);
    for (unsigned i = 0; i < p->n_disks; i++) {
        GW_AUTO_FREE char *path = gw_strf("%s/vm1-d%u.raw", pool, i);
        GW_AUTO_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        assert_return_code(ftruncate(fd, DISK_BYTES), 0);
    }
    add_machine(&args, pool, p->n_disks);
    add_words(&args, incoming);
    add_monitor(&args, strdup(monitor));
    const struct gw_spawn spawn = {
        .argv = (const char *const *)args.items, .stdout_fd = -1, .stderr_fd = -1};
    p->b = gw_child_spawn(p->c->loop, &spawn, on_b_ended, p, &err);
    assert_non_null(p->b);
    free_args(&args);
    p->b_qmp = open_monitor(p->c, monitor);
}

static void export_disks(struct qemu_pair *p)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    struct asked a = {0};

    p->nbd_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_return_code(bind(p->nbd_fd, (struct sockaddr *)&at, sizeof at), 0);
    int one = 1; /* QEMU sets it on neither end; what is accepted inherits it */
    assert_return_code(setsockopt(p->nbd_fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one), 0);
    assert_return_code(listen(p->nbd_fd, 8), 0);
    assert_return_code(getsockname(p->nbd_fd, (struct sockaddr *)&at, &len), 0);
    p->nbd_port = ntohs(at.sin_port);
    gw_qmp_send_fd(p->b_qmp, p->nbd_fd, "nbd", 5000, on_result, &a);
    json_object_put(wait_for(p, &a, "getfd"));
    tell(p, p->b_qmp, "nbd-server-start",
         "{\"addr\":{\"type\":\"fd\",\"data\":{\"str\":\"nbd\"}}}");
    for (unsigned i = 0; i < p->n_disks; i++) {
        GW_AUTO_FREE char *json =
            gw_strf("{\"type\":\"nbd\",\"id\":\"e%u\",\"node-name\":\"disk-d%u\",\"name\":\"d%u\","
                    "\"writable\":true}",
                    i, i, i);
        tell(p, p->b_qmp, "block-export-add", json);
    }
}

static void open_memory_port(struct qemu_pair *p)
{
    json_object *list = NULL;
    json_object *port = NULL;

    tell(p, p->b_qmp, "migrate-set-capabilities",
         "{\"capabilities\":[{\"capability\":\"return-path\",\"state\":true},"
         "{\"capability\":\"late-block-activate\",\"state\":true},"
         "{\"capability\":\"events\",\"state\":true},"
         "{\"capability\":\"pause-before-switchover\",\"state\":true},"
         "{\"capability\":\"validate-uuid\",\"state\":true}]}");
    tell(p, p->b_qmp, "migrate-incoming", "{\"uri\":\"tcp:127.0.0.1:0\"}");
    json_object *result = qemu_pair_ask(p, p->b_qmp, "query-migrate", NULL);
    assert_true(json_object_object_get_ex(result, "socket-address", &list));
    assert_true(json_object_object_get_ex(json_object_array_get_idx(list, 0), "port", &port));
    p->memory_port = (unsigned)atoi(json_object_get_string(port));
    json_object_put(result);
}

static bool b_has_ended(void *arg)
{
    return ((struct qemu_pair *)arg)->b == NULL;
}

static void end_b(struct qemu_pair *p)
{
    gw_qmp_close(gw_steal(p->b_qmp));
    if (p->b != NULL) {
        (void)gw_child_kill(p->b, SIGKILL, NULL);
        source_case_until(p->c, b_has_ended, p);
    }
    if (p->nbd_fd >= 0)
        close(gw_steal_fd(&p->nbd_fd));
}

void qemu_pair_receive(struct qemu_pair *p)
{
    end_b(p);
    spawn_b(p);
    if (p->n_disks > 0)
        export_disks(p);
    open_memory_port(p);
}

int qemu_pair_teardown(void **state)
{
    struct source_case *c = *state;
    struct qemu_pair *p = c->extra;

    source_case_down(c);
    if (p != NULL) {
        gw_qmp_close(p->a_qmp);
        end_b(p);
    }
    free(p);
    return source_case_teardown(state);
}

char *
qemu_pair_begin(const struct qemu_pair *p, unsigned attempt, unsigned epoch, const char *extra)
{
    struct gw_str s;

    gw_str_init(&s, 16384);
    gw_str_appendf(&s,
                   "{\"attempt\":{\"guestUuid\":\"%s\",\"migrationId\":\"%s\",\"attempt\":%u,"
                   "\"epoch\":\"%u\"},\"mode\":\"MIGRATION_MODE_LIVE\"%s,\"endpoints\":{"
                   "\"memoryHost\":\"127.0.0.1\",\"memoryPort\":%u,\"disks\":[",
                   CASE_UUID, CASE_MIGRATION, attempt, epoch, extra, p->memory_port);
    for (unsigned i = 0; i < p->n_disks; i++)
        gw_str_appendf(&s,
                       "%s{\"name\":\"d%u\",\"host\":\"127.0.0.1\",\"port\":%u,"
                       "\"exportName\":\"d%u\"}",
                       i > 0 ? "," : "", i, p->nbd_port, i);
    gw_str_append(&s, "]}}");
    return gw_str_take(&s);
}

void qemu_pair_same_disks(struct qemu_pair *p)
{
    for (unsigned i = 0; i < p->n_disks; i++) {
        size_t a_len = 0;
        size_t b_len = 0;
        GW_AUTO_FREE char *a_path = gw_strf("%s/pool/vm1-d%u.raw", p->c->folder, i);
        GW_AUTO_FREE char *b_path = gw_strf("%s/shared/vm1-d%u.raw", p->c->folder, i);
        GW_AUTO_FREE char *a = gw_file_read(a_path, DISK_BYTES, &a_len, NULL);
        GW_AUTO_FREE char *b = gw_file_read(b_path, DISK_BYTES, &b_len, NULL);
        assert_int_equal(a_len, DISK_BYTES);
        assert_int_equal(b_len, DISK_BYTES);
        assert_memory_equal(a, b, DISK_BYTES);
    }
}
