/* How a guest comes to be: stored as CREATING, its disks made by the target, then STOPPED or
 * STARTING under the spec that the target filled in. What fails is undone at the host and removed
 * from the store; a target that did not answer may have made disks, so then the guest stays, as
 * CRASHED, until somebody deletes it. */
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "convert.h"
#include "guest_ops.h"
#include "tx.h"

static void create_undone(void *arg, struct sch_answer *said)
{
    struct sch_op *op = arg;
    bool is_gone = !gw_error_is_set(&said->err) || said->err.code == GW_NOT_FOUND;
    if (op->scheduler->is_stopping) {
        sch_op_finish(op, &op->failure);
    } else if (is_gone || !op->must_undo) {
        sch_op_remove_guest(op);
    } else {
        gw_error_wrap(&op->failure, "guest %s may have left disks: delete it", op->guest->row.name);
        sch_op_set_state(op, GW_GUEST_CRASHED, op->failure.message, op->guest->row.epoch,
                         sch_op_settled);
    }
}

static void create_settled(void *arg, const struct gw_error *err)
{
    struct sch_op *op = arg;
    if (err)
        sch_op_finish(op, err);
    else if (op->guest->row.state == GW_GUEST_STARTING)
        sch_ask_start(op->scheduler, op->guest, sch_op_started, op);
    else
        sch_op_finish(op, NULL);
}

/* The disks are made, under the spec that the target filled in. */
static void store_created(struct sch_op *op, const struct gw_blob *packed)
{
    struct sch_guest *guest = op->guest;
    struct gw_guest_row row = guest->row;
    row.state = row.is_start_wanted ? GW_GUEST_STARTING : GW_GUEST_STOPPED;
    row.epoch += row.is_start_wanted;
    row.is_start_wanted = false;
    row.message[0] = '\0';
    GW_AUTO_FREE struct gw_guest_spec *spec = sch_spec_unpack(packed, &op->failure);
    GW_AUTO_FREE char *json = NULL;
    struct gw_blob filled = {0};
    if (!spec || sch_spec_pack(spec, &filled, &json, &op->failure) < 0) {
        op->must_undo = true;
        sch_ask_delete(op->scheduler, guest, create_undone, op);
        return;
    }
    struct sch_tx *tx = sch_tx_new(op->scheduler);
    sch_tx_guest_spec(tx, guest, &filled, json);
    sch_tx_guest(tx, guest, &row);
    gw_blob_fini(&filled);
    sch_tx_commit(tx, create_settled, op);
}

void sch_op_created(void *arg, struct sch_answer *said)
{
    struct sch_op *op = arg;
    if (op->scheduler->is_stopping) {
        sch_op_finish(op, &said->err);
    } else if (!gw_error_is_set(&said->err)) {
        store_created(op, &said->message);
    } else {
        op->failure = said->err;
        op->must_undo = sch_answer_is_transient(&said->err);
        gw_error_wrap(&op->failure, "guest %s was not created", op->guest->row.name);
        sch_ask_delete(op->scheduler, op->guest, create_undone, op);
    }
}

static void create_stored(void *arg, const struct gw_error *err)
{
    struct sch_op *op = arg;
    if (!err) {
        sch_ask_create(op->scheduler, op->guest, sch_op_created, op);
        return;
    }
    struct sch_guest *guest = op->guest;
    sch_op_answer(op, NULL, err);
    sch_guest_free(guest);
}

static int check_names(struct scheduler *s, const struct gw_guest_spec *spec, struct gw_error *err)
{
    const char *taken = sch_guest_find(s, spec->name)   ? spec->name
                        : sch_guest_find(s, spec->uuid) ? spec->uuid
                                                        : NULL;
    if (!taken)
        return 0;
    gw_error_set(err, GW_ALREADY_EXISTS, "guest %s exists already: choose another name", taken);
    gw_error_field(err, taken == spec->name ? "spec.name" : "spec.uuid");
    return gw_error_reason(err, "GUEST_EXISTS");
}

/* The first of @spec's disks whose file @other has, too; -1: none. A file without a name gets one
 * from the guest's uuid. */
static int shared_disk(const struct gw_guest_spec *spec, const struct gw_guest_spec *other)
{
    for (size_t i = 0; i < spec->n_disks; i++) {
        const struct gw_guest_disk *disk = &spec->disks[i];
        for (size_t j = 0; disk->file[0] && j < other->n_disks; j++) {
            if (strcmp(disk->file, other->disks[j].file) == 0 &&
                strcmp(disk->pool, other->disks[j].pool) == 0)
                return (int)i;
        }
    }
    return -1;
}

/* Pools are compared by id, whichever host they are on: the guests may meet on any. */
static int check_disks(struct scheduler *s, const struct gw_guest_spec *spec, struct gw_error *err)
{
    for (size_t i = 0; i < s->guests.n_items; i++) {
        const struct sch_guest *guest = s->guests.items[i];
        GW_AUTO_FREE struct gw_guest_spec *other = sch_spec_unpack(&guest->spec, err);
        if (!other)
            return -1;
        int at = shared_disk(spec, other);
        if (at < 0)
            continue;
        gw_error_set(err, GW_ALREADY_EXISTS,
                     "disk file \"%s\" of pool \"%s\" is guest %s's: give the disk another file "
                     "name, or none",
                     spec->disks[at].file, spec->disks[at].pool, guest->row.name);
        gw_error_field(err, "spec.disks[%d].file", at);
        return gw_error_reason(err, "DISK_TAKEN");
    }
    return 0;
}

/* The host named, or the best; NULL with every reason against it in @err. */
static const struct sch_host *choose_host(struct scheduler *s,
                                          const struct gw_guest_spec *spec,
                                          const char *name,
                                          struct gw_error *err)
{
    struct gw_reasons reasons = {.n_items = 0};
    const struct sch_host *host = NULL;
    if (name[0]) {
        host = sch_host_get(s, name, err);
        if (!host)
            return NULL;
        struct gw_host_view view = sch_host_view(host);
        gw_check_create(spec, &view, &reasons);
    } else {
        GW_AUTO_FREE struct gw_host_view *views = sch_hosts_views(s);
        int at = views ? gw_place_create(spec, views, s->hosts.n_items, &reasons) : -1;
        if (at >= 0)
            host = s->hosts.items[at];
    }
    return gw_reasons_to_error(&reasons, err) < 0 ? NULL : host;
}

static struct sch_guest *new_guest(struct scheduler *s,
                                   const struct gw_guest_spec *spec,
                                   const struct sch_host *host,
                                   bool start_wanted,
                                   char **out_json,
                                   struct gw_error *err)
{
    struct sch_guest *guest = calloc(1, sizeof *guest);
    if (!guest || sch_spec_pack(spec, &guest->spec, out_json, err) < 0) {
        if (!guest)
            gw_error_set_nomem(err, "making a guest");
        free(guest);
        return NULL;
    }
    struct gw_guest_row *row = &guest->row;
    memcpy(row->uuid, spec->uuid, sizeof row->uuid);
    memcpy(row->name, spec->name, sizeof row->name);
    memcpy(row->holder, host->row.id, sizeof row->holder);
    row->state = GW_GUEST_CREATING;
    row->epoch = 1;
    row->is_start_wanted = start_wanted;
    row->created_us = row->changed_us = sch_wall_us(s);
    return guest;
}

void sch_guest_create(struct scheduler *s,
                      struct gw_guest_spec *spec,
                      const char *host_name,
                      bool start_wanted,
                      sch_guest_fn done,
                      void *arg)
{
    struct gw_error err = {0};
    GW_AUTO_FREE char *json = NULL;
    struct sch_guest *guest = NULL;
    if (!spec->uuid[0])
        gw_uuid_make(s->options.random, spec->uuid);
    const struct sch_host *host = NULL;
    if (check_names(s, spec, &err) == 0 && check_disks(s, spec, &err) == 0)
        host = choose_host(s, spec, host_name, &err);
    if (host)
        guest = new_guest(s, spec, host, start_wanted, &json, &err);
    if (!guest) {
        done(arg, NULL, &err);
        return;
    }
    struct sch_op *op = sch_op_new(s, guest, "its creation", done, arg);
    if (!op) {
        sch_guest_free(guest);
        sch_op_refuse_nomem(done, arg);
        return;
    }
    struct sch_tx *tx = sch_tx_new(s);
    sch_tx_guest_add(tx, guest, json);
    sch_tx_commit(tx, create_stored, op);
}
