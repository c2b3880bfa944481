#include "guest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/scope.h"
#include "machine.h"

enum { TICK_MS = 2, BLOCK_BYTES = 4096 };
#define MAGIC UINT64_C(0x67772d66616b6571)

/* At the start of each disk. */
struct witness {
    uint64_t magic;
    uint64_t generation;
    uint64_t ticks;
    char boot_id[FQ_BOOT_ID_LEN];
    char guest[40];
};

const char *fq_state_name(enum fq_state state)
{
    static const char *const names[] = {[FQ_PRELAUNCH] = "prelaunch",
                                        [FQ_INMIGRATE] = "inmigrate",
                                        [FQ_RUNNING] = "running",
                                        [FQ_PAUSED] = "paused",
                                        [FQ_FINISH_MIGRATE] = "finish-migrate",
                                        [FQ_POSTMIGRATE] = "postmigrate",
                                        [FQ_SHUTDOWN] = "shutdown"};
    return names[state];
}

bool fq_guest_is_running(const struct fq_machine *m)
{
    return m->guest.state == FQ_RUNNING;
}

static bool is_disk(const struct fq_node *node)
{
    return node->kind == FQ_NODE_FORMAT && !node->image.is_readonly && node->is_in_use &&
           node->image.size >= BLOCK_BYTES;
}

/* ---- its disks ---- */

static void write_disk(struct fq_machine *m, struct fq_node *node)
{
    char block[BLOCK_BYTES] = {0};
    struct witness witness = {
        .magic = MAGIC, .generation = m->guest.generation, .ticks = m->guest.ticks};
    memcpy(witness.boot_id, m->guest.boot_id, sizeof witness.boot_id);
    (void)snprintf(witness.guest, sizeof witness.guest, "%s", m->options.uuid);
    memcpy(block, &witness, sizeof witness);
    int failed = node->image.is_active ? fq_image_write(&node->image, block, sizeof block, 0) : -1;
    if (failed < 0)
        fq_history_write(&m->history, "fault", "what=write-failed disk=%s error=%d", node->name,
                         -failed);
    fq_job_dirty(m, node, 0, sizeof block);
}

static void write_disks(void *arg)
{
    struct fq_machine *m = arg;
    m->guest.generation++;
    for (struct fq_node *node = m->nodes; node; node = node->next) {
        if (is_disk(node))
            write_disk(m, node);
    }
    fq_history_set_acked(&m->history, m->guest.generation);
    gw_timer_start(m->guest.write_timer, m->knobs.write_ms);
}

static uint64_t read_generation(struct fq_node *node)
{
    char block[BLOCK_BYTES];
    struct witness witness;
    if (fq_image_read(&node->image, block, sizeof block, 0) < 0)
        return 0;
    memcpy(&witness, block, sizeof witness);
    return witness.magic == MAGIC ? witness.generation : 0;
}

/* Memory and disks must agree, and nothing that was acknowledged may lack. */
static void check_disk(struct fq_machine *m, struct fq_node *node, uint64_t acked)
{
    uint64_t on_disk = read_generation(node);
    uint64_t in_memory = m->guest.generation;
    const char *what = on_disk < acked       ? "lost-write"
                       : on_disk < in_memory ? "lost-write"
                       : on_disk > in_memory ? "stale-memory"
                                             : NULL;
    if (what)
        fq_history_write(&m->history, "fault",
                         "what=%s disk=%s on_disk=%" PRIu64 " in_memory=%" PRIu64 " acked=%" PRIu64,
                         what, node->name, on_disk, in_memory, acked);
}

static uint64_t newest_on_disks(struct fq_machine *m)
{
    uint64_t newest = 0;
    for (struct fq_node *node = m->nodes; node; node = node->next) {
        uint64_t generation = is_disk(node) ? read_generation(node) : 0;
        if (generation > newest)
            newest = generation;
    }
    return newest;
}

static void check_disks(struct fq_machine *m)
{
    uint64_t acked = m->knobs.write_ms > 0 ? fq_history_acked(&m->history) : 0;
    for (struct fq_node *node = m->nodes; node && m->knobs.write_ms > 0; node = node->next) {
        if (is_disk(node))
            check_disk(m, node, acked);
    }
}

/* ---- its runs ---- */

static void tick(void *arg)
{
    struct fq_machine *m = arg;
    m->guest.ticks++;
    gw_timer_start(m->guest.tick_timer, TICK_MS);
}

static void boot(struct fq_machine *m)
{
    uint64_t random = 0;
    (void)!getrandom(&random, sizeof random, 0);
    (void)snprintf(m->guest.boot_id, sizeof m->guest.boot_id, "%016" PRIx64, random);
    m->guest.ticks = 0;
    m->guest.generation = newest_on_disks(m);
}

static void write_run(struct fq_machine *m, const char *word, const char *reason)
{
    fq_history_write(&m->history, word,
                     "boot=%s ticks=%" PRIu64 " generation=%" PRIu64 " reason=%s", m->guest.boot_id,
                     m->guest.ticks, m->guest.generation, reason);
}

void fq_guest_run(struct fq_machine *m, const char *reason)
{
    struct fq_guest *guest = &m->guest;
    if (!m->options.is_export) {
        if (!fq_history_lock(&m->history))
            write_run(m, "overlap", reason);
        if (guest->boot_id[0] == '\0')
            boot(m);
        write_run(m, "begin", reason);
        check_disks(m);
        tick(m);
        if (m->knobs.write_ms > 0)
            gw_timer_start(guest->write_timer, m->knobs.write_ms);
    }
    guest->state = FQ_RUNNING;
    fq_event(m, "RESUME", NULL);
}

/* No more steps from here on. */
static void end_run(struct fq_machine *m, const char *reason)
{
    if (!m->options.is_export)
        write_run(m, "end", reason);
    gw_timer_stop(m->guest.tick_timer);
    gw_timer_stop(m->guest.write_timer);
    fq_history_unlock(&m->history);
}

void fq_guest_stop(struct fq_machine *m, enum fq_state state, const char *reason)
{
    bool did_run = fq_guest_is_running(m);
    if (did_run)
        end_run(m, reason);
    m->guest.state = state;
    if (did_run && state != FQ_SHUTDOWN)
        fq_event(m, "STOP", NULL);
}

static void shut_down(void *arg)
{
    struct fq_machine *m = arg;
    if (!fq_guest_is_running(m))
        return;
    fq_event(m, "SHUTDOWN",
             FQ_OBJECT({"guest", fq_bool(true)}, {"reason", fq_text("guest-shutdown")}));
    fq_end(m, "shutdown", 0);
}

void fq_guest_press_button(struct fq_machine *m)
{
    fq_event(m, "POWERDOWN", NULL);
    if (fq_guest_is_running(m) && !fq_quirk(&m->quirks, "ignore-powerdown", NULL, NULL))
        gw_timer_start(m->guest.powerdown_timer, m->knobs.powerdown_ms);
}

/* ---- its memory ---- */

json_object *fq_guest_save(const struct fq_machine *m)
{
    return FQ_OBJECT({"boot", fq_text(m->guest.boot_id)}, {"ticks", fq_number(m->guest.ticks)},
                     {"generation", fq_number(m->guest.generation)},
                     {"uuid", fq_text(m->options.uuid)});
}

int fq_guest_load(struct fq_machine *m, json_object *memory)
{
    const char *boot_id = fq_get_text(memory, "boot");
    if (!boot_id || strlen(boot_id) > FQ_BOOT_ID_LEN)
        return -1;
    (void)snprintf(m->guest.boot_id, sizeof m->guest.boot_id, "%s", boot_id);
    m->guest.ticks = fq_get_number(memory, "ticks", 0);
    m->guest.generation = fq_get_number(memory, "generation", 0);
    return 0;
}

void fq_guest_init(struct fq_machine *m)
{
    m->guest.state = m->options.is_incoming ? FQ_INMIGRATE : FQ_PRELAUNCH;
    m->guest.tick_timer = gw_timer_new(m->loop, tick, m);
    m->guest.write_timer = gw_timer_new(m->loop, write_disks, m);
    m->guest.powerdown_timer = gw_timer_new(m->loop, shut_down, m);
}
