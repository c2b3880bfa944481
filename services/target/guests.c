/* The table of guests. What is not needed is forgotten: the folder knows it all. */
#include "guest.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/scope.h"
#include "base/str.h"
#include "host/guest_dir.h"
#include "listen.h"
#include "qemu.h"

static void guest_free(struct tgt_guest *guest)
{
    tgt_adopt_stop(guest);
    tgt_listener_stop(guest);
    tgt_qemu_release(guest);
    gw_disk_maker_free(guest->maker);
    gw_timer_free(guest->deadline);
    gw_record_file_close(&guest->record);
    free(guest->spec);
    free(guest);
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int
check_folder(struct tgt_daemon *daemon, const char *uuid, bool is_made, struct gw_error *err)
{
    char shown[GW_QUOTED_MAX];
    GW_AUTO_FREE char *path = gw_guest_dir_path(&daemon->host, uuid, NULL);
    if (!path) {
        (void)gw_error_set(err, GW_INVALID_ARGUMENT, "guest %s is not named by a uuid",
                           gw_error_quote(shown, uuid));
        return gw_error_field(err, "guest_uuid");
    }
    if (is_made)
        return gw_guest_dir_make(&daemon->host, uuid, err);
    if (is_folder(path))
        return 0;
    (void)gw_error_set(err, GW_NOT_FOUND, "host \"%s\" has no guest %s",
                       daemon->settings->host_name, uuid);
    return gw_error_reason(err, "GUEST_NOT_FOUND");
}

static void on_deadline(void *arg)
{
    struct tgt_guest *guest = arg;
    tgt_op_on_deadline(guest);
}

static struct tgt_guest *
guest_new(struct tgt_daemon *daemon, const char *uuid, struct gw_error *err)
{
    struct tgt_guest *guest = calloc(1, sizeof *guest);
    if (!guest) {
        (void)gw_error_set_nomem(err, "opening a guest");
        return NULL;
    }
    guest->daemon = daemon;
    guest->record.fd = -1;
    (void)gw_str_copy(guest->uuid, sizeof guest->uuid, uuid);
    guest->log = gw_log_with(&daemon->log, "guest", uuid);
    guest->deadline = gw_timer_new(daemon->loop, on_deadline, guest);
    GW_AUTO_FREE char *path = gw_guest_dir_path(&daemon->host, uuid, GW_GUEST_TARGET_RECORD);
    if (guest->deadline && path && gw_record_file_open(&guest->record, path, err) == 0)
        return guest;
    if (!guest->deadline || !path)
        (void)gw_error_set_nomem(err, "opening a guest");
    guest_free(guest);
    return NULL;
}

struct tgt_guest *
tgt_guests_get(struct tgt_daemon *daemon, const char *uuid, bool is_made, struct gw_error *err)
{
    for (struct tgt_guest *at = daemon->guests; at; at = at->next) {
        if (strcmp(at->uuid, uuid) == 0 && !tgt_guest_is_idle(at))
            return at;
    }
    if (check_folder(daemon, uuid, is_made, err) < 0)
        return NULL;
    struct tgt_guest *guest = guest_new(daemon, uuid, err);
    if (!guest)
        return NULL;
    guest->next = daemon->guests;
    daemon->guests = guest;
    tgt_guests_sweep(daemon);
    return guest;
}

bool tgt_guest_is_idle(const struct tgt_guest *guest)
{
    return guest->op == TGT_OP_NONE && !guest->qemu && !guest->adopt && !guest->listener;
}

void tgt_guests_on_sweep(void *arg)
{
    struct tgt_daemon *daemon = arg;
    for (struct tgt_guest **at = &daemon->guests; *at;) {
        struct tgt_guest *guest = *at;
        if (!tgt_guest_is_idle(guest)) {
            at = &guest->next;
            continue;
        }
        *at = guest->next;
        guest_free(guest);
    }
}

void tgt_guests_sweep(struct tgt_daemon *daemon)
{
    if (!gw_timer_is_running(daemon->sweeper))
        gw_timer_start(daemon->sweeper, 0);
}

void tgt_guests_stop(struct tgt_daemon *daemon)
{
    struct gw_error err = {0};
    (void)gw_error_set(&err, GW_UNAVAILABLE, "host \"%s\" ends its target agent; ask the next one",
                       daemon->settings->host_name);
    (void)gw_error_reason(&err, "STOPPING");
    for (struct tgt_guest *guest = daemon->guests; guest; guest = guest->next)
        tgt_op_break(guest, &err);
}

void tgt_guests_free(struct tgt_daemon *daemon)
{
    while (daemon->guests) {
        struct tgt_guest *guest = daemon->guests;
        daemon->guests = guest->next;
        guest_free(guest);
    }
}
