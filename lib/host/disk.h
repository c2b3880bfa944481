#ifndef GW_HOST_DISK_H
#define GW_HOST_DISK_H
/* Disk files in pools. A file is one name inside the pool's folder; a link that leads out of the
 * pool is refused (openat2, RESOLVE_BENEATH). */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "core/guest_spec.h"
#include "host/host.h"
#include "loop/loop.h"

/* Names inside a pool: GW_FILE_NAME_MAX of a spec, and what we add to it: a part's name is FILE, a
 * migration id, an attempt and ".part"; Linux takes 255. */
enum { GW_DISK_FILE_MAX = 255 };

/* FILE.MIGRATION.ATTEMPT.part: a disk that is being received. */
void gw_disk_part_name(char out[GW_DISK_FILE_MAX + 1],
                       const char *file,
                       const char *migration_id,
                       uint32_t attempt);

/* POOL_PATH/FILE, malloc'd, whether or not it is there. Errors: NOT_FOUND pool, reason
 * POOL_NOT_FOUND; INVALID_ARGUMENT file name. */
char *
gw_disk_path(const struct gw_host *host, const char *pool, const char *file, struct gw_error *err);
/* The same for a file that must be there, be a regular file and lie inside the pool. Errors also:
 * NOT_FOUND, reason DISK_NOT_FOUND; FAILED_PRECONDITION, reason DISK_OUTSIDE_POOL or
 * DISK_NOT_REGULAR. */
char *
gw_disk_find(const struct gw_host *host, const char *pool, const char *file, struct gw_error *err);
/* Take the name for guest @uuid of this host: afterwards there is a file of mode 0600 that says so,
 * for gw_disk_make() to overwrite. Claimed by the same before and not yet made: the same again.
 * Whoever else wants the name is refused. Errors: ALREADY_EXISTS, reason DISK_EXISTS; by errno. */
char *gw_disk_claim(const struct gw_host *host,
                    const char *pool,
                    const char *file,
                    const char *uuid,
                    struct gw_error *err);
/* Give the name back if it is claimed by guest @uuid of this host and no disk was made of it. */
int gw_disk_unclaim(const struct gw_host *host,
                    const char *pool,
                    const char *file,
                    const char *uuid,
                    struct gw_error *err);
/* Remove a file that this host made. One that is not there is fine. */
int gw_disk_remove(const struct gw_host *host,
                   const char *pool,
                   const char *file,
                   struct gw_error *err);
/* Rename inside the pool and sync the folder; the file is synced before. Blocks. Errors:
 * ALREADY_EXISTS, reason DISK_EXISTS, there is a file @to. */
int gw_disk_rename(const struct gw_host *host,
                   const char *pool,
                   const char *from,
                   const char *to,
                   struct gw_error *err);
/* Run qemu-img to make the image in the claimed file @path. @done runs once, later, on the loop
 * thread, not after gw_disk_maker_free(). */
struct gw_disk_maker;
typedef void (*gw_disk_made_fn)(void *arg, const struct gw_error *err /* NULL: done */);
struct gw_disk_maker *gw_disk_make(struct gw_loop *loop,
                                   const struct gw_host *host,
                                   const char *path,
                                   enum gw_disk_format format,
                                   uint64_t size_bytes,
                                   gw_disk_made_fn done,
                                   void *arg,
                                   struct gw_error *err);
/* Ends qemu-img if it runs. */
void gw_disk_maker_free(struct gw_disk_maker *maker);

/* Node names of disk @name in QEMU: "disk-NAME" (format layer), "file-NAME" (protocol layer). */
enum { GW_NODE_NAME_MAX = 31 };
void gw_disk_node_name(char out[GW_NODE_NAME_MAX + 1], const char *name);
void gw_file_node_name(char out[GW_NODE_NAME_MAX + 1], const char *name);

/* The token file of a shared-pool probe: POOL/.godwit-probe-TOKEN, malloc'd. @token: 32 lower-case
 * hex digits. Errors: INVALID_ARGUMENT token; NOT_FOUND pool; FAILED_PRECONDITION, reason
 * POOL_NOT_SHARED. */
char *gw_probe_path(const struct gw_host *host,
                    const char *pool,
                    const char *token,
                    struct gw_error *err);

#endif
