#include "core/eligibility.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

/* What is free rounds down and what is needed up, so that a message never says 512 of 512. */
#define MIB(bytes) ((bytes) >> 20)
#define MIB_UP(bytes) MIB((bytes) + ((UINT64_C(1) << 20) - 1))

void gw_reasons_add(struct gw_reasons *reasons, const char *code, const char *fmt, ...)
{
    if (reasons->n_items == GW_REASONS_MAX)
        return;
    struct gw_reason *reason = &reasons->items[reasons->n_items++];
    (void)snprintf(reason->code, sizeof reason->code, "%s", code);
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(reason->message, sizeof reason->message, fmt, args);
    va_end(args);
    gw_utf8_repair(reason->message); /* it may be cut inside a character */
}

int gw_reasons_to_error(const struct gw_reasons *reasons, struct gw_error *err)
{
    if (reasons->n_items == 0)
        return 0;
    char text[GW_ERROR_MESSAGE_MAX] = "";
    size_t used = 0;
    for (size_t i = 0; i < reasons->n_items && used < sizeof text; i++) {
        int n = snprintf(text + used, sizeof text - used, "%s%s", i ? "; " : "",
                         reasons->items[i].message);
        used += n > 0 ? (size_t)n : 0;
    }
    gw_error_set(err, GW_FAILED_PRECONDITION, "%s", text);
    return gw_error_reason(err, reasons->items[0].code);
}

static const struct gw_pool_view *find_pool(const struct gw_host_view *host, const char *id)
{
    for (size_t i = 0; i < host->n_pools; i++) {
        if (strcmp(host->pools[i].id, id) == 0)
            return &host->pools[i];
    }
    return NULL;
}

static bool has_text(const char *const *items, size_t n_items, const char *text)
{
    for (size_t i = 0; i < n_items; i++) {
        if (strcmp(items[i], text) == 0)
            return true;
    }
    return false;
}

static void check_health(const struct gw_host_view *host, struct gw_reasons *reasons)
{
    if (host->health == GW_HOST_SILENT)
        gw_reasons_add(reasons, "HOST_SILENT",
                       "host %s does not answer: bring its network and its agents up", host->name);
    else if (host->health == GW_HOST_DEGRADED)
        gw_reasons_add(reasons, "HOST_DEGRADED",
                       "one agent of host %s does not answer: start godwit-source and "
                       "godwit-target there",
                       host->name);
}

static void check_memory(const struct gw_guest_spec *spec,
                         const struct gw_host_view *host,
                         struct gw_reasons *reasons)
{
    if (spec->memory_bytes > host->memory_free_bytes)
        gw_reasons_add(reasons, "INSUFFICIENT_MEMORY",
                       "host %s has %" PRIu64 " MiB of memory free, guest %s needs %" PRIu64
                       " MiB: move or stop other guests there",
                       host->name, MIB(host->memory_free_bytes), spec->name,
                       MIB_UP(spec->memory_bytes));
}

/* Sum of the virtual sizes of the disks in @mask that belong into @pool. */
static uint64_t bytes_wanted(const struct gw_guest_spec *spec, uint32_t mask, const char *pool)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < spec->n_disks; i++) {
        if ((mask & (1u << i)) && strcmp(spec->disks[i].pool, pool) == 0)
            sum += spec->disks[i].size_bytes;
    }
    return sum;
}

/* True when an earlier disk lies in the same pool, which is then spoken of already. */
static bool pool_was_checked(const struct gw_guest_spec *spec, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(spec->disks[i].pool, spec->disks[index].pool) == 0)
            return true;
    }
    return false;
}

static void check_pools(const struct gw_guest_spec *spec,
                        uint32_t made_here,
                        const struct gw_host_view *host,
                        struct gw_reasons *reasons)
{
    for (size_t i = 0; i < spec->n_disks; i++) {
        const char *id = spec->disks[i].pool;
        if (pool_was_checked(spec, i))
            continue;
        const struct gw_pool_view *pool = find_pool(host, id);
        if (!pool) {
            gw_reasons_add(reasons, "POOL_MISSING",
                           "host %s does not offer storage pool %s of disk %s: add it to the "
                           "host's settings",
                           host->name, id, spec->disks[i].name);
            continue;
        }
        uint64_t wanted = bytes_wanted(spec, made_here, id);
        if (wanted > pool->free_bytes)
            gw_reasons_add(reasons, "INSUFFICIENT_SPACE",
                           "pool %s of host %s has %" PRIu64 " MiB free, the disks of guest %s "
                           "need %" PRIu64 " MiB: free space there",
                           id, host->name, MIB(pool->free_bytes), spec->name, MIB_UP(wanted));
    }
}

static void check_devices(const struct gw_guest_spec *spec,
                          const struct gw_host_view *host,
                          struct gw_reasons *reasons)
{
    if (spec->machine_type[0] &&
        !has_text(host->machine_types, host->n_machine_types, spec->machine_type))
        gw_reasons_add(reasons, "MACHINE_TYPE_UNKNOWN",
                       "QEMU of host %s does not know machine type %.64s: install a QEMU that does",
                       host->name, spec->machine_type);
    for (size_t i = 0; i < spec->n_nics; i++) {
        if (!has_text(host->bridges, host->n_bridges, spec->nics[i].bridge))
            gw_reasons_add(reasons, "BRIDGE_MISSING",
                           "host %s has no bridge %s: make it and add it to the host's settings",
                           host->name, spec->nics[i].bridge);
    }
}

void gw_check_create(const struct gw_guest_spec *spec,
                     const struct gw_host_view *host,
                     struct gw_reasons *reasons)
{
    check_health(host, reasons);
    check_memory(spec, host, reasons);
    check_pools(spec, UINT32_MAX, host, reasons);
    check_devices(spec, host, reasons);
}

void gw_check_start(const struct gw_guest_spec *spec,
                    const struct gw_host_view *host,
                    struct gw_reasons *reasons)
{
    check_health(host, reasons);
    check_memory(spec, host, reasons);
    check_pools(spec, 0, host, reasons);
    check_devices(spec, host, reasons);
}

/* QEMU before 10.0 under TCG loses memory writes in a live move of a guest whose memory fills the
 * words of the dirty bitmap: 64 pages of 4 KiB: it is read word by word, and a write
 * in between is missed. */
static void check_bitmap(const struct gw_move *move, struct gw_reasons *reasons)
{
    enum { WORD_BYTES = 64 * 4096, FIXED_IN_MAJOR = 10 };
    const struct gw_host_view *from = move->from;
    if (!move->is_live || !from->is_emulated || !from->qemu_version ||
        move->spec->memory_bytes % WORD_BYTES != 0 ||
        strtoul(from->qemu_version, NULL, 10) >= FIXED_IN_MAJOR)
        return;
    gw_reasons_add(reasons, "TCG_MEMORY_SIZE",
                   "guest %s has %" PRIu64 " bytes of memory, a multiple of 256 KiB, and QEMU %s "
                   "on emulated CPUs (host %s) would lose some of it: give it 8 KiB more, or move "
                   "it cold",
                   move->spec->name, move->spec->memory_bytes, from->qemu_version, from->name);
}

void gw_check_move_source(const struct gw_move *move, struct gw_reasons *reasons)
{
    const char *name = move->spec->name;
    if (move->is_busy)
        gw_reasons_add(reasons, "MIGRATION_UNDER_WAY",
                       "guest %s is busy with %s: wait for it or cancel it", name, move->busy_with);
    if (move->is_live && !move->is_running)
        gw_reasons_add(reasons, "GUEST_STOPPED",
                       "guest %s does not run, so it has no memory to move: start it, or move it "
                       "cold",
                       name);
    if (move->is_live && !move->spec->is_migration_stateful)
        gw_reasons_add(reasons, "NOT_STATEFUL",
                       "guest %s may not move with its memory: set migration_stateful while it is "
                       "stopped, or move it cold",
                       name);
    check_bitmap(move, reasons);
    check_health(move->from, reasons);
}

void gw_check_move_target(const struct gw_move *move,
                          const struct gw_host_view *to,
                          struct gw_reasons *reasons)
{
    if (strcmp(move->from->id, to->id) == 0) {
        gw_reasons_add(reasons, "SAME_HOST", "guest %s is on host %s already: name another host",
                       move->spec->name, to->name);
        return;
    }
    check_health(to, reasons);
    if (move->is_running)
        check_memory(move->spec, to, reasons);
    check_pools(move->spec, gw_disks_to_copy(move->spec, move->from, to), to, reasons);
    check_devices(move->spec, to, reasons);
    if (move->is_live && move->from->accelerator != to->accelerator)
        gw_reasons_add(reasons, "ACCELERATOR_DIFFERS",
                       "host %s runs guests with %s, host %s with %s, and memory does not move "
                       "between them: move guest %s cold",
                       move->from->name, move->from->accelerator_name, to->name,
                       to->accelerator_name, move->spec->name);
}

uint32_t gw_disks_to_copy(const struct gw_guest_spec *spec,
                          const struct gw_host_view *from,
                          const struct gw_host_view *to)
{
    uint32_t mask = 0;
    for (size_t i = 0; i < spec->n_disks; i++) {
        const struct gw_pool_view *a = find_pool(from, spec->disks[i].pool);
        const struct gw_pool_view *b = find_pool(to, spec->disks[i].pool);
        if (!a || !b || !a->is_shared || !b->is_shared)
            mask |= 1u << i;
    }
    return mask;
}

static bool is_better(const struct gw_host_view *host, const struct gw_host_view *than)
{
    if (host->memory_free_bytes != than->memory_free_bytes)
        return host->memory_free_bytes > than->memory_free_bytes;
    return strcmp(host->name, than->name) < 0;
}

/* @move NULL: a new guest. */
static int place(const struct gw_guest_spec *spec,
                 const struct gw_move *move,
                 const struct gw_host_view *hosts,
                 size_t n_hosts,
                 struct gw_reasons *reasons)
{
    int best = -1;
    struct gw_reasons against = {.n_items = 0};
    for (size_t i = 0; i < n_hosts; i++) {
        size_t before = against.n_items;
        if (before == GW_REASONS_MAX)
            against.n_items = before = GW_REASONS_MAX - 1;
        if (move)
            gw_check_move_target(move, &hosts[i], &against);
        else
            gw_check_create(spec, &hosts[i], &against);
        if (against.n_items == before && (best < 0 || is_better(&hosts[i], &hosts[best])))
            best = (int)i;
    }
    if (best >= 0)
        return best;
    gw_reasons_add(reasons, "NO_ELIGIBLE_HOST", "no host of %zu can take guest %s", n_hosts,
                   spec->name);
    for (size_t i = 0; i < against.n_items; i++)
        gw_reasons_add(reasons, against.items[i].code, "%s", against.items[i].message);
    return -1;
}

int gw_place_create(const struct gw_guest_spec *spec,
                    const struct gw_host_view *hosts,
                    size_t n_hosts,
                    struct gw_reasons *reasons)
{
    return place(spec, NULL, hosts, n_hosts, reasons);
}

int gw_place_move(const struct gw_move *move,
                  const struct gw_host_view *hosts,
                  size_t n_hosts,
                  struct gw_reasons *reasons)
{
    return place(move->spec, move, hosts, n_hosts, reasons);
}
