#include "begin_decode_rpc.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/str.h"

static int bad(struct gw_error *err, const char *field, const char *what)
{
    (void)gw_error_set(err, GW_INVALID_ARGUMENT, "%s %s", field, what);
    return gw_error_field(err, "%s", field);
}

static bool is_address(const char *text)
{
    unsigned char buf[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, text, buf) == 1 || inet_pton(AF_INET6, text, buf) == 1;
}

static bool is_port(uint32_t port)
{
    return port > 0 && port <= 65535;
}

static int decode_disk(const Godwit__V1__DiskEndpoint *message,
                       const struct gw_guest_spec *spec,
                       struct src_begin *out,
                       uint32_t *copied,
                       struct gw_error *err)
{
    struct src_endpoint *disk = &out->disks[out->n_disks];
    int index = gw_guest_spec_find_disk(spec, message->name);

    if (index < 0 || (*copied & (1U << index)) != 0)
        return bad(err, "endpoints.disks.name", "must name disks of the guest, each once");
    if (!is_address(message->host))
        return bad(err, "endpoints.disks.host", "must be an IP address");
    if (!is_port(message->port))
        return bad(err, "endpoints.disks.port", "must be 1 to 65535");
    if (gw_str_copy(disk->export_name, sizeof disk->export_name, message->export_name) != 0)
        return bad(err, "endpoints.disks.export_name", "must have at most 255 bytes");
    (void)gw_str_copy(disk->name, sizeof disk->name, message->name);
    (void)gw_str_copy(disk->host, sizeof disk->host, message->host);
    disk->port = message->port;
    *copied |= 1U << index;
    out->n_disks++;
    return 0;
}

static int
decode_memory(const Godwit__V1__Endpoints *message, struct src_begin *out, struct gw_error *err)
{
    if (!is_address(message->memory_host))
        return bad(err, "endpoints.memory_host", "must be an IP address");
    if (!is_port(message->memory_port))
        return bad(err, "endpoints.memory_port", "must be 1 to 65535");
    (void)gw_str_copy(out->memory_host, sizeof out->memory_host, message->memory_host);
    out->memory_port = message->memory_port;
    return 0;
}

int src_begin_decode(const Godwit__V1__BeginRequest *request,
                     const struct src_attempt *attempt,
                     const struct gw_guest_spec *spec,
                     struct src_begin *out,
                     enum gw_record_mode *out_mode,
                     uint32_t *out_copied,
                     struct gw_error *err)
{
    const Godwit__V1__Endpoints *endpoints = request->endpoints;

    memset(out, 0, sizeof *out);
    *out_copied = 0;
    if (request->mode == GODWIT__V1__MIGRATION_MODE__MIGRATION_MODE_LIVE)
        *out_mode = GW_RECORD_LIVE;
    else if (request->mode == GODWIT__V1__MIGRATION_MODE__MIGRATION_MODE_COLD)
        *out_mode = GW_RECORD_COLD;
    else
        return bad(err, "mode", "must be LIVE or COLD");
    out->attempt = *attempt;
    out->bandwidth_bps = request->bandwidth_bps;
    out->max_downtime_ms = request->max_downtime_ms;
    out->shutdown_timeout_ms = request->shutdown_timeout_ms;
    out->is_force_stop = request->force_stop;
    out->switchover_timeout_ms = request->switchover_timeout_ms;
    if (*out_mode == GW_RECORD_LIVE && endpoints == NULL)
        return bad(err, "endpoints", "is missing");
    if (*out_mode == GW_RECORD_LIVE && decode_memory(endpoints, out, err) != 0)
        return -1;
    for (size_t i = 0; endpoints != NULL && i < endpoints->n_disks; i++)
        if (decode_disk(endpoints->disks[i], spec, out, out_copied, err) != 0)
            return -1;
    return 0;
}
