#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "listen.h"
#include "rpc/rpc.h"
#include "wire_rpc.h"

/* Endpoints as the record has them. A reply points into the guest, so it is packed at once. */
struct reply {
    Godwit__V1__PrepareReply base;
    Godwit__V1__Endpoints endpoints;
    Godwit__V1__DiskEndpoint disks[GW_GUEST_DISKS_MAX];
    Godwit__V1__DiskEndpoint *disk_list[GW_GUEST_DISKS_MAX];
};

static void
fill_disk(Godwit__V1__DiskEndpoint *disk, const struct tgt_guest *guest, struct gw_guest_disk *from)
{
    godwit__v1__disk_endpoint__init(disk);
    disk->name = from->name;
    disk->host = guest->daemon->settings->migration_address;
    disk->port = guest->record.now.disk_port;
    disk->export_name = from->name;
}

static void fill(struct reply *reply, const struct tgt_guest *guest)
{
    const struct gw_record *now = &guest->record.now;
    godwit__v1__prepare_reply__init(&reply->base);
    godwit__v1__endpoints__init(&reply->endpoints);
    reply->base.endpoints = &reply->endpoints;
    reply->endpoints.disks = reply->disk_list;
    if (now->mode == GW_RECORD_LIVE) {
        reply->endpoints.memory_host = guest->daemon->settings->migration_address;
        reply->endpoints.memory_port = now->memory_port;
    }
    for (size_t i = 0; i < guest->spec->n_disks; i++) {
        if (!((now->disks_copied >> i) & 1))
            continue;
        size_t at = reply->endpoints.n_disks++;
        fill_disk(&reply->disks[at], guest, &guest->spec->disks[i]);
        reply->disk_list[at] = &reply->disks[at];
    }
}

static void on_prepared(void *arg, struct tgt_guest *guest, const struct gw_error *err)
{
    GW_AUTO_FREE struct tgt_request *request = arg;
    struct gw_error why = {0};
    if (!err && !tgt_guest_spec(guest, &why))
        err = &why;
    if (err) {
        gw_rpc_fail(request->closure_data, err);
        return;
    }
    struct reply reply = {0};
    fill(&reply, guest);
    ((Godwit__V1__PrepareReply_Closure)request->closure)(&reply.base, request->closure_data);
}

static int
decode_mode(Godwit__V1__MigrationMode mode, enum gw_record_mode *out, struct gw_error *err)
{
    if (mode == GODWIT__V1__MIGRATION_MODE__MIGRATION_MODE_LIVE)
        *out = GW_RECORD_LIVE;
    else if (mode == GODWIT__V1__MIGRATION_MODE__MIGRATION_MODE_COLD)
        *out = GW_RECORD_COLD;
    else {
        (void)gw_error_set(err, GW_INVALID_ARGUMENT, "mode is %d: use LIVE or COLD", (int)mode);
        return gw_error_field(err, "mode");
    }
    return 0;
}

static int
decode_disks(const Godwit__V1__PrepareRequest *input, struct tgt_prepare *out, struct gw_error *err)
{
    char shown[GW_QUOTED_MAX];
    if (input->n_disk_sizes && input->n_disk_sizes != input->n_copied_disks) {
        (void)gw_error_set(err, GW_INVALID_ARGUMENT,
                           "disk_sizes has %zu items, copied_disks %zu: give one for each",
                           input->n_disk_sizes, input->n_copied_disks);
        return gw_error_field(err, "disk_sizes");
    }
    for (size_t i = 0; i < input->n_copied_disks; i++) {
        int at = gw_guest_spec_find_disk(out->spec, input->copied_disks[i]);
        if (at < 0) {
            (void)gw_error_set(err, GW_INVALID_ARGUMENT,
                               "copied_disks[%zu] is %s, not a disk of "
                               "the guest",
                               i, gw_error_quote(shown, input->copied_disks[i]));
            return gw_error_field(err, "copied_disks[%zu]", i);
        }
        out->disks_copied |= UINT32_C(1) << at;
        if (input->n_disk_sizes)
            out->sizes[at] = input->disk_sizes[i];
        if (out->sizes[at] > GW_GUEST_DISK_MAX_BYTES) {
            (void)gw_error_set(err, GW_INVALID_ARGUMENT, "disk_sizes[%zu] is over the limit", i);
            return gw_error_field(err, "disk_sizes[%zu]", i);
        }
    }
    return 0;
}

static int
decode(const Godwit__V1__PrepareRequest *input, struct tgt_prepare *out, struct gw_error *err)
{
    if (tgt_attempt_decode(input->attempt, &out->attempt, err) < 0 ||
        decode_mode(input->mode, &out->mode, err) < 0)
        return -1;
    out->spec = tgt_spec_decode(input->spec, out->attempt.epoch, err);
    if (!out->spec || gw_guest_spec_validate_filled(out->spec, err) < 0)
        return -1;
    if (strcmp(out->spec->uuid, out->attempt.guest_uuid) != 0) {
        (void)gw_error_set(err, GW_INVALID_ARGUMENT, "spec.uuid is not attempt.guest_uuid");
        return gw_error_field(err, "spec.uuid");
    }
    if (decode_disks(input, out, err) < 0)
        return -1;
    if (gw_str_copy(out->source_address, sizeof out->source_address,
                    input->source_migration_address) == 0 &&
        tgt_address_is_valid(out->source_address))
        return 0;
    (void)gw_error_set(err, GW_INVALID_ARGUMENT, "source_migration_address is not an IP address");
    return gw_error_field(err, "source_migration_address");
}

void tgt_rpc_prepare(Godwit__V1__TargetService_Service *service,
                     const Godwit__V1__PrepareRequest *input,
                     Godwit__V1__PrepareReply_Closure closure,
                     void *closure_data)
{
    struct tgt_daemon *daemon = ((struct tgt_service *)service)->daemon;
    struct gw_error err = {0};
    struct tgt_prepare prepare = {0};
    struct tgt_request *request = NULL;
    if (decode(input, &prepare, &err) < 0)
        gw_rpc_fail(closure_data, &err);
    else
        request = tgt_request_new((void (*)(void))closure, closure_data, daemon);
    if (request)
        tgt_prepare(daemon, &prepare, on_prepared, request);
    else
        free(prepare.spec);
}
