#include <string.h>
#include <sys/stat.h>

#include "base/scope.h"
#include "guest.h"
#include "host/guest_dir.h"
#include "resume.h"

static struct src_guest *find(struct src_daemon *daemon, const char *uuid)
{
    struct src_guest *guest = daemon->guests;

    while (guest != NULL && strcmp(guest->uuid, uuid) != 0)
        guest = guest->next;
    return guest;
}

static int check_folder(struct src_daemon *daemon, const char *uuid, struct gw_error *err)
{
    char shown[GW_QUOTED_MAX];
    struct stat st;

    if (!gw_uuid_is_valid(uuid)) {
        (void)gw_error_set(err, GW_INVALID_ARGUMENT,
                           "guest \"%s\" is no uuid; lower-case 8-4-4-4-12 hex digits are needed",
                           gw_error_quote(shown, uuid));
        return gw_error_field(err, "attempt.guest_uuid");
    }
    GW_AUTO_FREE char *path = gw_guest_dir_path(&daemon->host, uuid, NULL);
    if (path == NULL)
        return gw_error_set_nomem(err, "looking for a guest");
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
        (void)gw_error_set(err, GW_NOT_FOUND,
                           "guest %s is not on host %s: there is no folder \"%s\"", uuid,
                           daemon->settings->host_name, path);
        return gw_error_reason(err, "GUEST_NOT_FOUND");
    }
    return 0;
}

struct src_guest *src_guests_get(struct src_daemon *daemon, const char *uuid, struct gw_error *err)
{
    struct src_guest *guest = find(daemon, uuid);

    if (guest != NULL && src_guest_is_orphaned(guest)) {
        src_guests_remove(guest);
        guest = NULL;
    }
    if (check_folder(daemon, uuid, err) != 0)
        return NULL;
    if (guest != NULL)
        return src_guest_sync(guest, err) == 0 ? guest : NULL;

    guest = src_guest_new(daemon, uuid, err);
    if (guest == NULL)
        return NULL;
    if (src_guest_sync(guest, err) != 0) {
        src_guest_free(guest);
        return NULL;
    }
    guest->next = daemon->guests;
    daemon->guests = guest;
    src_guest_resume(guest);
    return guest;
}

void src_guests_scan(struct src_daemon *daemon)
{
    struct gw_uuid_list list = {0};
    struct gw_error err = {0};

    if (gw_guest_dir_list(&daemon->host, &list, &err) != 0) {
        gw_log_failure(&daemon->log, GW_LOG_ERROR, "guests.not_listed", &err);
        return;
    }
    for (size_t i = 0; i < list.n_items; i++) {
        gw_error_clear(&err);
        if (src_guests_get(daemon, list.items[i], &err) == NULL)
            gw_log_failure(&daemon->log, GW_LOG_ERROR, "guest.not_taken_up", &err);
    }
    gw_uuid_list_fini(&list);
}

void src_guests_remove(struct src_guest *guest)
{
    struct src_guest **slot = &guest->daemon->guests;

    while (*slot != NULL && *slot != guest)
        slot = &(*slot)->next;
    if (*slot == guest)
        *slot = guest->next;
    src_guest_free(guest);
}

void src_guests_free(struct src_daemon *daemon)
{
    while (daemon->guests != NULL) {
        struct src_guest *guest = daemon->guests;
        daemon->guests = guest->next;
        src_guest_free(guest);
    }
}
