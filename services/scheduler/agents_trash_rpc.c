#include "agents_rpc.h"

/* Files of many disks are unlinked, which takes seconds each on some file systems. */
enum { PURGE_MS = 100000, RESTORE_MS = 15000 };

SCH_ON_REPLY(entries, TrashEntries)
SCH_ON_REPLY(restored, RestoreTrashReply)

static void decode(const ProtobufCMessage *reply, struct sch_answer *answer)
{
    (void)sch_pack(reply, &answer->message, &answer->err);
}

static char *borrow(const char *text)
{
    return (char *)(uintptr_t)text;
}

void sch_ask_list_trash(
    struct scheduler *s, const char *host_id, const char *id, sch_answer_fn fn, void *arg)
{
    struct sch_question *q = sch_ask_source(s, host_id, SCH_QUICK_MS, decode, fn, arg);
    if (!q)
        return;
    Godwit__V1__ListTrashRequest request = GODWIT__V1__LIST_TRASH_REQUEST__INIT;
    request.id = borrow(id);
    godwit__v1__source_service__list_trash(gw_rpc_call_stub(q->call), &request, on_entries, q);
}

void sch_ask_restore_trash(
    struct scheduler *s, const char *host_id, const char *id, sch_answer_fn fn, void *arg)
{
    struct sch_question *q = sch_ask_source_once(s, host_id, RESTORE_MS, decode, fn, arg);
    if (!q)
        return;
    Godwit__V1__RestoreTrashRequest request = GODWIT__V1__RESTORE_TRASH_REQUEST__INIT;
    request.id = borrow(id);
    godwit__v1__source_service__restore_trash(gw_rpc_call_stub(q->call), &request, on_restored, q);
}

void sch_ask_purge_trash(struct scheduler *s,
                         const char *host_id,
                         const char *id,
                         uint32_t older_than_hours,
                         sch_answer_fn fn,
                         void *arg)
{
    struct sch_question *q = sch_ask_source_once(s, host_id, PURGE_MS, decode, fn, arg);
    if (!q)
        return;
    Godwit__V1__PurgeTrashRequest request = GODWIT__V1__PURGE_TRASH_REQUEST__INIT;
    request.id = borrow(id);
    request.older_than_hours = older_than_hours;
    godwit__v1__source_service__purge_trash(gw_rpc_call_stub(q->call), &request, on_entries, q);
}
