#include "trash_gather_rpc.h"

#include <stdlib.h>
#include <string.h>

#include "agents.h"

struct gather {
    Godwit__V1__TrashEntries *all;
    size_t n_waiting; /* hosts, and the asking itself */
    bool is_short;    /* of memory */
    sch_trash_fn fn;
    void *arg;
};

struct asked {
    struct gather *gather;
    char host[GW_NAME_MAX + 1];
};

static void finish(struct gather *g)
{
    struct gw_error err = {0};
    if (--g->n_waiting > 0)
        return;
    if (g->is_short)
        (void)gw_error_set_nomem(&err, "gathering the hosts' trash");
    g->fn(g->arg, g->is_short ? NULL : g->all, g->is_short ? &err : NULL);
    protobuf_c_message_free_unpacked(&g->all->base, NULL);
    free(g);
}

/* Room for @n more of what @slot points to. */
static void *grown(struct gather *g, void *slot, size_t n_now, size_t n, size_t size)
{
    void *larger = reallocarray(slot, n_now + n + 1, size);
    if (!larger)
        g->is_short = true;
    return larger ? larger : slot;
}

static Godwit__V1__TrashAbsence *
new_absence(const char *host, const char *code, const char *message)
{
    Godwit__V1__TrashAbsence *absence = malloc(sizeof *absence);
    if (!absence)
        return NULL;
    godwit__v1__trash_absence__init(absence);
    absence->reason = malloc(sizeof *absence->reason);
    if (!absence->reason) {
        free(absence);
        return NULL;
    }
    godwit__v1__reason__init(absence->reason);
    absence->host = strdup(host);
    absence->reason->code = strdup(code);
    absence->reason->message = strdup(message);
    if (absence->host && absence->reason->code && absence->reason->message)
        return absence;
    /* the empty texts of protobuf-c are not freed, but NULL is no text either */
    free(absence->host);
    free(absence->reason->code);
    free(absence->reason->message);
    free(absence->reason);
    free(absence);
    return NULL;
}

static void add_absence(struct gather *g, const char *host, const char *code, const char *message)
{
    Godwit__V1__TrashEntries *all = g->all;
    Godwit__V1__TrashAbsence *absence = new_absence(host, code, message);
    if (absence)
        all->absent = grown(g, all->absent, all->n_absent, 1, sizeof(Godwit__V1__TrashAbsence *));
    if (!absence || g->is_short) {
        g->is_short = true;
        if (absence)
            protobuf_c_message_free_unpacked(&absence->base, NULL);
        return;
    }
    all->absent[all->n_absent++] = absence;
}

/* The host is called here as it is registered, whatever it calls itself. */
static void name_host(struct gather *g, Godwit__V1__TrashEntry *entry, const char *host)
{
    char *copy = strdup(host);
    if (!copy) {
        g->is_short = true;
        return;
    }
    if (entry->host != protobuf_c_empty_string)
        free(entry->host);
    entry->host = copy;
}

/* Move the entries of @said over, up to the limit; the rest is counted. */
static void take_entries(struct gather *g, Godwit__V1__TrashEntries *said, const char *host)
{
    Godwit__V1__TrashEntries *all = g->all;
    size_t room = SCH_TRASH_ENTRIES_MAX - all->n_entries;
    size_t n = said->n_entries < room ? said->n_entries : room;
    all->left_out += said->left_out + (said->n_entries - n);
    all->entries = grown(g, all->entries, all->n_entries, n, sizeof(Godwit__V1__TrashEntry *));
    for (size_t i = 0; i < n && !g->is_short; i++) {
        name_host(g, said->entries[i], host);
        all->entries[all->n_entries++] = said->entries[i];
        said->entries[i] = NULL;
    }
    size_t n_kept = 0; /* protobuf-c frees what is left, without gaps */
    for (size_t i = 0; i < said->n_entries; i++) {
        if (said->entries[i])
            said->entries[n_kept++] = said->entries[i];
    }
    said->n_entries = n_kept;
}

static void take(struct gather *g, const char *host, const struct gw_blob *packed)
{
    Godwit__V1__TrashEntries *said =
        godwit__v1__trash_entries__unpack(NULL, packed->len, packed->data);
    if (!said) {
        g->is_short = true;
        return;
    }
    take_entries(g, said, host);
    for (size_t i = 0; i < said->n_absent; i++) {
        const Godwit__V1__Reason *why = said->absent[i]->reason;
        add_absence(g, host, why ? why->code : "", why ? why->message : "");
    }
    godwit__v1__trash_entries__free_unpacked(said, NULL);
}

static void answered(void *arg, struct sch_answer *answer)
{
    struct asked *asked = arg;
    const struct gw_error *err = &answer->err;
    if (!gw_error_is_set(err))
        take(asked->gather, asked->host, &answer->message);
    else if (strcmp(err->reason, "TRASH_NOT_FOUND") != 0)
        add_absence(asked->gather, asked->host,
                    err->reason[0] ? err->reason : gw_code_name(err->code), err->message);
    finish(asked->gather);
    free(asked);
}

static void ask_host(struct scheduler *s,
                     const struct sch_trash_question *question,
                     struct gather *g,
                     const struct sch_host *host)
{
    if (host->health == GW_HOST_SILENT) {
        add_absence(g, host->row.name, "HOST_SILENT", "nothing is heard of the host");
        return;
    }
    struct asked *asked = malloc(sizeof *asked);
    if (!asked) {
        g->is_short = true;
        return;
    }
    asked->gather = g;
    memcpy(asked->host, host->row.name, sizeof asked->host);
    g->n_waiting++;
    if (question->older_than_hours)
        sch_ask_purge_trash(s, host->row.id, "", question->older_than_hours, answered, asked);
    else
        sch_ask_list_trash(s, host->row.id, question->id, answered, asked);
}

void sch_trash_gather(struct scheduler *s,
                      const struct sch_trash_question *question,
                      sch_trash_fn fn,
                      void *arg)
{
    struct gw_error err = {0};
    struct gather *g = calloc(1, sizeof *g);
    Godwit__V1__TrashEntries *all = malloc(sizeof *all);
    if (!g || !all) {
        free(g);
        free(all);
        (void)gw_error_set_nomem(&err, "gathering the hosts' trash");
        fn(arg, NULL, &err);
        return;
    }
    godwit__v1__trash_entries__init(all);
    *g = (struct gather){.all = all, .n_waiting = 1, .fn = fn, .arg = arg};
    if (question->host)
        ask_host(s, question, g, question->host);
    for (size_t i = 0; !question->host && i < s->hosts.n_items; i++)
        ask_host(s, question, g, s->hosts.items[i]);
    finish(g);
}
