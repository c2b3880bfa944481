/* A disk from one NBD export to another: connect, compare, transfer, flush, hang up. Whatever fails
 * closes the wires before the buffers go, as libnbd may still write into them. */

#include <string.h>

#include "base/clock.h"
#include "disk/copy_priv.h"

static int check_at_most(unsigned n, unsigned max, const char *what, struct gw_error *err)
{
    if (n <= max)
        return 0;
    return gw_error_set(err, GW_INVALID_ARGUMENT, "%s is %u, more than %u", what, n, max);
}

static int check_end(const struct gw_disk_end *end, const char *what, struct gw_error *err)
{
    if (!end->unix_path && (!end->host || !end->port))
        return gw_error_set(err, GW_INVALID_ARGUMENT, "the %s has neither socket nor address",
                            what);
    return 0;
}

static int check(const struct gw_disk_copy_spec *spec, struct gw_error *err)
{
    uint32_t bytes = spec->request_bytes;
    if (check_end(&spec->source, "source", err) || check_end(&spec->target, "target", err))
        return -1;
    if (check_at_most(spec->n_connections, GW_DISK_CONNECTIONS_MAX, "n_connections", err) ||
        check_at_most(spec->n_requests, GW_DISK_REQUESTS_MAX, "n_requests", err))
        return -1;
    if (bytes && (bytes < GW_DISK_REQUEST_MIN_BYTES || bytes > GW_DISK_REQUEST_MAX_BYTES ||
                  (bytes & (bytes - 1))))
        return gw_error_set(err, GW_INVALID_ARGUMENT,
                            "request_bytes is %u, no power of two from %d to %d", bytes,
                            GW_DISK_REQUEST_MIN_BYTES, GW_DISK_REQUEST_MAX_BYTES);
    return 0;
}

struct flush {
    bool is_done;
    int error;
};

static int on_flushed(void *arg, int *error)
{
    struct flush *flush = arg;
    flush->is_done = true;
    flush->error = *error;
    return 1;
}

/* One flush serves all connections: more than one is only used where the server says so
 * (NBD_FLAG_CAN_MULTI_CONN). */
static int flush_target(struct gw_disk_wires *wires, struct flush *flush, struct gw_error *err)
{
    uint64_t until_us = gw_clock_mono_us(gw_clock_system()) + GW_DISK_FLUSH_MS * 1000ull;
    nbd_completion_callback done = {.callback = on_flushed, .user_data = flush};
    if (nbd_can_flush(wires->target[0]) <= 0)
        return 0;
    if (nbd_aio_flush(wires->target[0], done, 0) < 0)
        return gw_disk_error(err, gw_disk_errno(wires->target[0]), "flushing the target");
    while (!flush->is_done) {
        if (gw_disk_wires_wait(wires, 1000, err))
            return gw_error_wrap(err, "flushing the target");
        if (gw_clock_mono_us(gw_clock_system()) > until_us)
            return gw_error_set(err, GW_DEADLINE_EXCEEDED, "the target did not flush within %d ms",
                                GW_DISK_FLUSH_MS);
    }
    return flush->error ? gw_disk_error(err, flush->error, "flushing the target") : 0;
}

static int copy(const struct gw_disk_copy_spec *spec,
                struct gw_disk_progress *progress,
                const atomic_bool *is_cancelled,
                struct gw_error *err)
{
    struct gw_disk_wires wires = {.is_cancelled = is_cancelled};
    struct gw_disk_transfer transfer = {0};
    struct flush flush = {0}; /* outlives the wires, whose closing may complete it */
    int failed = gw_disk_wires_open(&wires, spec, err) ||
                 gw_disk_transfer_init(&transfer, spec, &wires, progress, err) ||
                 gw_disk_transfer_run(&transfer, err) || flush_target(&wires, &flush, err);
    gw_disk_wires_close(&wires, !failed);
    gw_disk_transfer_fini(&transfer);
    return failed ? -1 : 0;
}

int gw_disk_copy(const struct gw_disk_copy_spec *spec,
                 struct gw_disk_progress *progress,
                 const atomic_bool *is_cancelled,
                 struct gw_error *err)
{
    struct gw_disk_progress unseen;
    if (!progress)
        progress = &unseen;
    atomic_init(&progress->size_bytes, 0);
    atomic_init(&progress->done_bytes, 0);
    atomic_init(&progress->sent_bytes, 0);
    if (check(spec, err) || copy(spec, progress, is_cancelled, err))
        return gw_error_wrap(err, "copying disk \"%s\"", spec->disk ? spec->disk : "");
    return 0;
}
