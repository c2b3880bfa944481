#include "retire.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "rpc/rpc.h"
#include "service_rpc.h"

struct retire_call {
    Godwit__V1__RetireReply_Closure closure;
    void *call;
    struct src_retire_disks disks;
};

/* pool/file, each checked again where the path is made. */
static int decode_disk(const char *text, struct src_retire_disk *out, struct gw_error *err)
{
    const char *slash = strchr(text, '/');
    size_t pool_len = slash != NULL ? (size_t)(slash - text) : 0;
    char shown[GW_QUOTED_MAX];

    if (pool_len > 0 && pool_len < sizeof out->pool && gw_file_name_is_valid(slash + 1)) {
        memcpy(out->pool, text, pool_len);
        out->pool[pool_len] = '\0';
        (void)gw_str_copy(out->file, sizeof out->file, slash + 1);
        if (gw_name_is_valid(out->pool, GW_NAME_MAX))
            return 0;
    }
    (void)gw_error_set(err, GW_INVALID_ARGUMENT, "disk \"%s\" is not of the form pool/file",
                       gw_error_quote(shown, text));
    return gw_error_field(err, "disks");
}

static int decode_disks(const Godwit__V1__RetireRequest *request,
                        struct src_retire_disks *out,
                        struct gw_error *err)
{
    if (request->n_disks > GW_GUEST_DISKS_MAX) {
        (void)gw_error_set(err, GW_INVALID_ARGUMENT, "%zu disks are named, at most %d are allowed",
                           request->n_disks, GW_GUEST_DISKS_MAX);
        return gw_error_field(err, "disks");
    }
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < request->n_disks; i++)
        if (decode_disk(request->disks[i], &out->items[i], err) != 0)
            return -1;
    out->n_items = request->n_disks;
    return 0;
}

static void answer(void *arg, const struct src_retire_disks *disks, const struct gw_error *err)
{
    struct retire_call *rc = arg;
    Godwit__V1__RetireReply reply = GODWIT__V1__RETIRE_REPLY__INIT;
    char *trashed[GW_GUEST_DISKS_MAX];

    if (err != NULL) {
        gw_rpc_fail(rc->call, err);
        free(rc);
        return;
    }
    for (size_t i = 0; disks != NULL && i < disks->n_items; i++)
        if (disks->items[i].trashed != NULL)
            trashed[reply.n_trashed++] = disks->items[i].trashed;
    reply.trashed = trashed;
    rc->closure(&reply, rc->call);
    free(rc);
}

static int retire(struct src_daemon *daemon,
                  const Godwit__V1__RetireRequest *request,
                  struct retire_call *rc,
                  struct gw_error *err)
{
    struct src_attempt attempt;

    if (src_attempt_decode(request->attempt, false, &attempt, err) != 0 ||
        decode_disks(request, &rc->disks, err) != 0)
        return -1;
    struct src_guest *guest = src_guests_get(daemon, attempt.guest_uuid, err);
    if (guest == NULL && err->code == GW_NOT_FOUND && attempt.migration_id[0] == '\0') {
        answer(rc, NULL, NULL); /* deleted before: its folder went last */
        return 0;
    }
    if (guest == NULL || src_retire_check(guest, &attempt, err) != 0)
        return -1;
    return src_retire_begin(guest, &attempt, &rc->disks, answer, rc, err);
}

void src_rpc_retire(Godwit__V1__SourceService_Service *service,
                    const Godwit__V1__RetireRequest *request,
                    Godwit__V1__RetireReply_Closure closure,
                    void *call)
{
    struct gw_error err = {0};
    struct retire_call *rc = malloc(sizeof *rc);

    if (rc == NULL) {
        (void)gw_error_set_nomem(&err, "retiring a guest");
        gw_rpc_fail(call, &err);
        return;
    }
    rc->closure = closure;
    rc->call = call;
    if (retire(src_service_daemon(service), request, rc, &err) == 0)
        return;
    free(rc);
    gw_rpc_fail(call, &err);
}
