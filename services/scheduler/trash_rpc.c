/* The trash of the cluster: nothing of it is kept here, the hosts are asked each time.
 *
 * A list, and a purge by age, ask every host (or the one named) at once and gather what they say; a
 * host that is away is named in the answer. An entry by its id is first looked for on all hosts,
 * unless the host is named, and then acted upon on the one that has it. Restore and purge are sent
 * once only: after a broken connection a second one would say that there is no such entry. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents.h"
#include "base/str.h"
#include "guests.h"
#include "service_rpc.h"
#include "trash_gather_rpc.h"

enum { TRASH_ID_DIGITS = 16, TRASH_HOURS_MAX = 24 * 365 * 100 }; /* as the sources take them */

typedef void (*any_closure)(void);

enum what { LIST, RESTORE, PURGE };

struct trash_call {
    struct scheduler *scheduler;
    enum what what;
    char id[TRASH_ID_DIGITS + 1]; /* "": all, or by age */
    uint32_t older_than_hours;
    any_closure closure;
    void *data;
};

static void fail(struct trash_call *call, const struct gw_error *err)
{
    gw_rpc_fail(call->data, err);
    free(call);
}

/* ---- one host acts on one entry ---- */

static void acted(void *arg, struct sch_answer *answer)
{
    struct trash_call *call = arg;
    const struct gw_blob *said = &answer->message;
    if (gw_error_is_set(&answer->err)) {
        fail(call, &answer->err);
        return;
    }
    ProtobufCMessage *reply = protobuf_c_message_unpack(
        call->what == RESTORE ? &godwit__v1__restore_trash_reply__descriptor
                              : &godwit__v1__trash_entries__descriptor,
        NULL, said->len, said->data);
    if (!reply)
        sch_fail_nomem(call->data);
    else if (call->what == RESTORE)
        ((Godwit__V1__RestoreTrashReply_Closure)call->closure)(
            (Godwit__V1__RestoreTrashReply *)reply, call->data);
    else
        ((Godwit__V1__TrashEntries_Closure)call->closure)((Godwit__V1__TrashEntries *)reply,
                                                          call->data);
    if (reply)
        protobuf_c_message_free_unpacked(reply, NULL);
    free(call);
}

static void act(struct trash_call *call, const char *host_id)
{
    if (call->what == RESTORE)
        sch_ask_restore_trash(call->scheduler, host_id, call->id, acted, call);
    else
        sch_ask_purge_trash(call->scheduler, host_id, call->id, 0, acted, call);
}

/* ---- who has it? ---- */

static void fail_not_found(struct trash_call *call, const Godwit__V1__TrashEntries *found)
{
    struct gw_error err = {0};
    if (found->n_absent) {
        const Godwit__V1__TrashAbsence *first = found->absent[0];
        (void)gw_error_set(&err, GW_UNAVAILABLE,
                           "no host that answered has entry %s in its trash, but %zu did not: %s",
                           call->id, found->n_absent, first->reason ? first->reason->message : "");
        (void)gw_error_reason(&err, "HOST_SILENT");
    } else {
        (void)gw_error_set(&err, GW_NOT_FOUND,
                           "no host has entry %s in its trash; \"godwit trash list\" shows what "
                           "there is",
                           call->id);
        (void)gw_error_reason(&err, "TRASH_NOT_FOUND");
    }
    fail(call, &err);
}

/* Hosts tell of the same entry when its pool is one folder for them all. */
static bool is_one(const Godwit__V1__TrashEntries *found)
{
    for (size_t i = 1; i < found->n_entries; i++) {
        if (!found->entries[0]->pool_is_shared || !found->entries[i]->pool_is_shared)
            return false;
    }
    return true;
}

static void looked(void *arg, Godwit__V1__TrashEntries *found, const struct gw_error *err)
{
    struct trash_call *call = arg;
    struct gw_error own = {0};
    if (err) {
        fail(call, err);
        return;
    }
    if (found->n_entries == 0) {
        fail_not_found(call, found);
        return;
    }
    const struct sch_host *host = sch_host_get(call->scheduler, found->entries[0]->host, &own);
    if (host && is_one(found)) {
        act(call, host->row.id);
        return;
    }
    if (host) {
        (void)gw_error_set(&own, GW_FAILED_PRECONDITION,
                           "hosts %s and %s both have an entry %s; name the host",
                           found->entries[0]->host, found->entries[1]->host, call->id);
        (void)gw_error_reason(&own, "TRASH_AMBIGUOUS");
    }
    fail(call, &own);
}

/* ---- all of it ---- */

static void gathered(void *arg, Godwit__V1__TrashEntries *all, const struct gw_error *err)
{
    struct trash_call *call = arg;
    if (err) {
        fail(call, err);
        return;
    }
    ((Godwit__V1__TrashEntries_Closure)call->closure)(all, call->data);
    free(call);
}

/* ---- requests ---- */

static int check_id(const char *id, struct gw_error *err)
{
    char shown[GW_QUOTED_MAX];
    if (strlen(id) == TRASH_ID_DIGITS && strspn(id, "0123456789abcdef") == TRASH_ID_DIGITS)
        return 0;
    (void)gw_error_set(err, GW_INVALID_ARGUMENT,
                       "id %s is not 16 lower-case hex digits; \"godwit trash list\" shows them",
                       gw_error_quote(shown, id));
    return gw_error_field(err, "id");
}

static int check(const struct trash_call *like, const char *id, struct gw_error *err)
{
    if ((id[0] || like->what == RESTORE) && check_id(id, err) < 0)
        return -1;
    if (like->what != PURGE)
        return 0;
    bool has_age = like->older_than_hours > 0;
    if ((id[0] != '\0') != has_age && like->older_than_hours <= TRASH_HOURS_MAX)
        return 0;
    (void)gw_error_set(err, GW_INVALID_ARGUMENT,
                       "either an id or an age of 1 to %d hours is needed, not %" PRIu32 " hours%s",
                       TRASH_HOURS_MAX, like->older_than_hours, id[0] ? " and an id" : "");
    return gw_error_field(err, "older_than_hours");
}

static void go(struct trash_call *call, const struct sch_host *host)
{
    struct sch_trash_question question = {
        .host = host, .id = call->id, .older_than_hours = call->older_than_hours};
    bool is_list = call->what == LIST;
    if (!is_list && call->id[0] && host)
        act(call, host->row.id);
    else
        sch_trash_gather(call->scheduler, &question, is_list || !call->id[0] ? gathered : looked,
                         call);
}

static void start(const struct trash_call *like, const char *host_name, const char *id)
{
    struct gw_error err = {0};
    const struct sch_host *host = NULL;
    struct trash_call *call = NULL;
    if (check(like, id, &err) == 0 &&
        (!host_name[0] || (host = sch_host_get(like->scheduler, host_name, &err)) != NULL)) {
        call = malloc(sizeof *call);
        if (!call)
            (void)gw_error_set_nomem(&err, "asking for the trash");
    }
    if (!call) {
        gw_rpc_fail(like->data, &err);
        return;
    }
    *call = *like;
    (void)gw_str_copy(call->id, sizeof call->id, id);
    go(call, host);
}

SCH_METHOD(list_trash, ListTrashRequest, TrashEntries)
{
    const struct trash_call like = {
        .scheduler = sch_of(service), .what = LIST, .closure = (any_closure)closure, .data = data};
    start(&like, input->host, input->id);
}

SCH_METHOD(restore_trash, RestoreTrashRequest, RestoreTrashReply)
{
    const struct trash_call like = {.scheduler = sch_of(service),
                                    .what = RESTORE,
                                    .closure = (any_closure)closure,
                                    .data = data};
    start(&like, input->host, input->id);
}

SCH_METHOD(purge_trash, PurgeTrashRequest, TrashEntries)
{
    const struct trash_call like = {.scheduler = sch_of(service),
                                    .what = PURGE,
                                    .older_than_hours = input->older_than_hours,
                                    .closure = (any_closure)closure,
                                    .data = data};
    start(&like, input->host, input->id);
}
