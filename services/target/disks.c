/* Disk files of an operation. A file is claimed by name first and journalled right after: an agent
 * that dies in between knows its claim again. */
#include "guest.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"

int tgt_check_host_offers(const struct tgt_daemon *daemon,
                          const struct gw_guest_spec *spec,
                          struct gw_error *err)
{
    const char *const boot[] = {spec->kernel, spec->initrd, spec->firmware};
    for (size_t i = 0; i < spec->n_disks; i++) {
        if (!gw_host_find_pool(&daemon->host, spec->disks[i].pool, err))
            return -1;
    }
    for (size_t i = 0; i < spec->n_nics; i++) {
        if (gw_host_check_bridge(&daemon->host, spec->nics[i].bridge, err) < 0)
            return -1;
    }
    for (size_t i = 0; i < GW_ARRAY_LEN(boot); i++) {
        GW_AUTO_FREE char *path =
            boot[i][0] ? gw_host_boot_file(&daemon->host, boot[i], err) : NULL;
        if (boot[i][0] && !path)
            return -1;
    }
    return 0;
}

static bool has_bit(uint32_t bits, size_t i)
{
    return (bits >> i) & 1;
}

static bool is_part(const struct gw_record *record, size_t i)
{
    return record->mode == GW_RECORD_COLD && has_bit(record->disks_copied, i);
}

void tgt_disk_file(const struct tgt_guest *guest, size_t i, char out[GW_DISK_FILE_MAX + 1])
{
    const struct gw_record *now = &guest->record.now;
    const char *file = guest->spec->disks[i].file;
    if (is_part(now, i) && now->state == GW_RECORD_INCOMING && !has_bit(now->disks_placed, i))
        gw_disk_part_name(out, file, now->migration_id, now->attempt);
    else
        (void)gw_str_copy(out, GW_DISK_FILE_MAX + 1, file);
}

/* ---- making ---- */

static void make_next(struct tgt_guest *guest);

static void on_made(void *arg, const struct gw_error *err)
{
    struct tgt_guest *guest = arg;
    struct gw_disk_maker *maker = guest->maker;
    guest->maker = NULL;
    if (err) {
        tgt_go_on(guest, &guest->then.disks, err);
    } else {
        guest->next_disk++;
        make_next(guest);
    }
    gw_disk_maker_free(maker);
}

static int make_one(struct tgt_guest *guest, size_t i, struct gw_error *err)
{
    const struct gw_guest_disk *disk = &guest->spec->disks[i];
    struct tgt_daemon *daemon = guest->daemon;
    char file[GW_DISK_FILE_MAX + 1];
    uint64_t size = guest->disk_sizes[i] ? guest->disk_sizes[i] : disk->size_bytes;
    tgt_disk_file(guest, i, file);
    GW_AUTO_FREE char *path = gw_disk_claim(&daemon->host, disk->pool, file, guest->uuid, err);
    if (!path)
        return -1;
    struct gw_record record = guest->record.now;
    record.disks_made |= UINT32_C(1) << i;
    if (tgt_guest_write(guest, &record, GW_RECORD_SYNC, err) < 0)
        return -1;
    guest->maker =
        gw_disk_make(daemon->loop, &daemon->host, path, disk->format, size, on_made, guest, err);
    return guest->maker ? 0 : -1;
}

static void make_next(struct tgt_guest *guest)
{
    struct gw_error err = {0};
    size_t n = guest->spec->n_disks;
    while (guest->next_disk < n && !has_bit(guest->disks_wanted, guest->next_disk))
        guest->next_disk++;
    if (guest->next_disk == n)
        tgt_go_on(guest, &guest->then.disks, NULL);
    else if (make_one(guest, guest->next_disk, &err) < 0)
        tgt_go_on(guest, &guest->then.disks, &err);
}

void tgt_disks_make(struct tgt_guest *guest,
                    uint32_t wanted,
                    const uint64_t *sizes,
                    tgt_step_fn step)
{
    guest->then.disks = step;
    guest->next_disk = 0;
    guest->disks_wanted = wanted;
    memset(guest->disk_sizes, 0, sizeof guest->disk_sizes);
    if (sizes)
        memcpy(guest->disk_sizes, sizes, sizeof guest->disk_sizes);
    make_next(guest);
}

/* ---- removing ---- */

/* A part that was about to get its name lies under one of the two. */
static int remove_one(struct tgt_guest *guest, size_t i, struct gw_error *err)
{
    const struct gw_guest_disk *disk = &guest->spec->disks[i];
    const struct gw_record *now = &guest->record.now;
    char part[GW_DISK_FILE_MAX + 1];
    if (!is_part(now, i))
        return gw_disk_remove(&guest->daemon->host, disk->pool, disk->file, err);
    gw_disk_part_name(part, disk->file, now->migration_id, now->attempt);
    GW_AUTO_FREE char *found = gw_disk_find(&guest->daemon->host, disk->pool, part, NULL);
    if (found || !has_bit(now->disks_placed, i))
        return gw_disk_remove(&guest->daemon->host, disk->pool, part, err);
    return gw_disk_remove(&guest->daemon->host, disk->pool, disk->file, err);
}

/* The agent may have died between a claim and the word that it made the file. Where this fails a
 * line of text stays, and the guest's next claim takes it over. */
static void unclaim_one(struct tgt_guest *guest, size_t i)
{
    const struct gw_guest_disk *disk = &guest->spec->disks[i];
    const struct gw_record *now = &guest->record.now;
    char file[GW_DISK_FILE_MAX + 1];
    if (now->mode != GW_RECORD_MODE_NONE && !has_bit(now->disks_copied, i))
        return;
    if (is_part(now, i))
        gw_disk_part_name(file, disk->file, now->migration_id, now->attempt);
    else
        (void)gw_str_copy(file, sizeof file, disk->file);
    (void)gw_disk_unclaim(&guest->daemon->host, disk->pool, file, guest->uuid, NULL);
}

int tgt_disks_remove(struct tgt_guest *guest, struct gw_error *err)
{
    uint32_t made = guest->record.now.disks_made;
    if (!tgt_guest_spec(guest, made ? err : NULL))
        return made ? -1 : 0;
    int result = 0;
    for (size_t i = 0; i < guest->spec->n_disks; i++) {
        if (!has_bit(made, i))
            unclaim_one(guest, i);
        else if (remove_one(guest, i, result ? NULL : err) < 0)
            result = -1;
    }
    return result;
}
