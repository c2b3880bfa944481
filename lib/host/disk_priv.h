#ifndef GW_HOST_DISK_PRIV_H
#define GW_HOST_DISK_PRIV_H
/* What the files about disks share. */

#include "host/disk.h"

/* The folder of pool @pool. Errors: NOT_FOUND, reason POOL_NOT_FOUND; by errno, reason
 * POOL_UNUSABLE. */
int gw_disk_open_pool(const struct gw_host *host, const char *pool, struct gw_error *err);
/* Raise ALREADY_EXISTS, reason DISK_EXISTS, about the file at @path. Returns -1. */
int gw_disk_exists(const char *path, struct gw_error *err);
/* renameat() that takes no name from another file. NFS knows no RENAME_NOREPLACE (EINVAL), but a
 * link takes no name either. Returns -1 with errno. */
int gw_disk_rename_new(int from_dir, const char *from, int to_dir, const char *to);

#endif
