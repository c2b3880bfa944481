/* gw-fake-qemu: a program that behaves like qemu-system-x86_64 towards the agents of a host, takes
 * milliseconds for what QEMU takes seconds for, goes wrong on request, and keeps a history of which
 * guest ran where and when. docs/fake-qemu.md. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/str.h"
#include "machine.h"

static uint64_t knob(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static void read_knobs(struct fq_knobs *knobs)
{
    *knobs = (struct fq_knobs){
        .mirror_ms = knob("GW_FAKE_QEMU_MIRROR_MS", 5),
        .memory_ms = knob("GW_FAKE_QEMU_MEMORY_MS", 10),
        .memory_bytes = knob("GW_FAKE_QEMU_MEMORY_BYTES", 256 * 1024),
        .load_ms = knob("GW_FAKE_QEMU_LOAD_MS", 1),
        .powerdown_ms = knob("GW_FAKE_QEMU_POWERDOWN_MS", 20),
        .write_ms = knob("GW_FAKE_QEMU_WRITE_MS", 20),
        .postcopy_ms = knob("GW_FAKE_QEMU_POSTCOPY_MS", 10),
    };
}

/* The monitors lie in HOST/HOST_DIR/guests/UUID/: so we know whose QEMU we are. */
static void find_host(struct fq_machine *m)
{
    struct sockaddr_un address = {0};
    socklen_t len = sizeof address - 1;
    if (m->quirks.host[0] || m->options.n_monitors == 0 || m->options.monitors[0].fd < 0 ||
        getsockname(m->options.monitors[0].fd, (struct sockaddr *)&address, &len) < 0)
        return;
    char *guests = strstr(address.sun_path, "/guests/");
    for (int i = 0; i < 1 && guests; i++) {
        *guests = '\0';
        guests = strrchr(address.sun_path, '/');
    }
    if (!guests)
        return;
    *guests = '\0';
    const char *name = strrchr(address.sun_path, '/');
    (void)snprintf(m->quirks.host, sizeof m->quirks.host, "%.*s", FQ_HOST_MAX - 1,
                   name ? name + 1 : address.sun_path);
}

/* ---- going wrong, and ending ---- */

static void on_hang_over(void *arg)
{
    fq_unhang(arg);
}

void fq_unhang(struct fq_machine *m)
{
    m->is_hung = m->is_mute = false;
    gw_timer_stop(m->hang_timer);
    for (struct fq_monitor *monitor = m->monitors; monitor; monitor = monitor->next)
        fq_monitor_rewatch(monitor);
    fq_pump(m);
}

static void hang(struct fq_machine *m, bool *flag, uint64_t ms)
{
    *flag = true;
    if (ms > 0 && m->hang_timer)
        gw_timer_start(m->hang_timer, ms);
}

void fq_point(struct fq_machine *m, const char *point)
{
    uint64_t ms = 0;
    if (fq_quirk(&m->quirks, "die", point, NULL))
        (void)raise(SIGKILL);
    if (fq_quirk(&m->quirks, "exit", point, NULL)) {
        (void)fprintf(stderr, "gw-fake-qemu: told to end at %s\n", point);
        fq_end(m, "exit-quirk", 1);
    }
    if (fq_quirk(&m->quirks, "stop", point, NULL))
        (void)raise(SIGSTOP);
    if (fq_quirk(&m->quirks, "hang", point, &ms))
        hang(m, &m->is_hung, ms);
    if (fq_quirk(&m->quirks, "mute", point, &ms))
        hang(m, &m->is_mute, ms);
}

void fq_point_of(struct fq_machine *m, const char *prefix, const char *name)
{
    GW_AUTO_FREE char *point = gw_strf("%s-%s", prefix, name);
    if (point)
        fq_point(m, point);
}

void fq_end(struct fq_machine *m, const char *reason, int status)
{
    fq_guest_stop(m, FQ_SHUTDOWN, reason);
    if (status == 0) /* else QEMU just exits */
        fq_nbd_end_all(m);
    fq_monitors_flush(m);
    if (!m->options.is_export)
        fq_history_write(&m->history, "exit", "status=%d reason=%s", status, reason);
    _exit(status);
}

static void on_signal(void *arg)
{
    struct fq_machine *m = arg;
    (void)fprintf(stderr, "gw-fake-qemu: terminating on a signal\n");
    fq_event(m, "SHUTDOWN",
             FQ_OBJECT({"guest", fq_bool(false)}, {"reason", fq_text("host-signal")}));
    fq_end(m, "signal", 0);
}

/* ---- the beginning ---- */

static void fail(const char *option, const char *value, const char *why)
{
    (void)fprintf(stderr, "gw-fake-qemu: %s %s: %s\n", option, value, why);
    exit(1);
}

static void add_blockdev(struct fq_machine *m, const char *text)
{
    char *error = NULL;
    json_object *options = json_tokener_parse(text);
    if (!fq_node_add(m, options, &error))
        fail("-blockdev", text, error);
    json_object_put(options);
}

/* A disk's medium must be there; anything else is taken as it is. */
static void add_device(struct fq_machine *m, const char *text)
{
    json_object *options = text[0] == '{' ? json_tokener_parse(text) : NULL;
    const char *drive = fq_get_text(options, "drive");
    struct fq_node *node = fq_node_find(m, drive);
    if (drive && !node)
        fail("-device", text, "there is no such drive");
    if (node)
        node->is_in_use = true;
    json_object_put(options);
}

static void make(struct fq_machine *m)
{
    const char *error = NULL;
    for (size_t i = 0; i < m->options.n_blockdevs; i++)
        add_blockdev(m, m->options.blockdevs[i]);
    for (size_t i = 0; i < m->options.n_devices; i++)
        add_device(m, m->options.devices[i]);
    if (!m->options.is_incoming)
        error = fq_nodes_activate(m);
    if (error)
        fail("-blockdev", "", error);
    m->autostart = !m->options.is_stopped;
    m->hang_timer = gw_timer_new(m->loop, on_hang_over, m);
    fq_guest_init(m);
    fq_migration_init(m);
    fq_monitors_open(m);
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    for (size_t i = 0; i < GW_ARRAY_LEN(signals); i++)
        (void)gw_signal_new(m->loop, signals[i], on_signal, m, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv)
{
    struct fq_machine m = {.is_hung = false};
    fq_options_parse(&m.options, argc, argv);
    read_knobs(&m.knobs);
    fq_quirks_init(&m.quirks, fq_options_role(&m.options));
    find_host(&m);
    fq_history_open(&m.history, m.quirks.host, m.options.uuid);
    fq_point(&m, "start");
    m.loop = gw_loop_new(NULL);
    if (!m.loop)
        return 1;
    make(&m);
    if (m.autostart && !m.options.is_incoming)
        fq_guest_run(&m, "autostart");
    return gw_loop_run(m.loop, NULL) < 0;
}
