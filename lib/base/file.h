#ifndef GW_BASE_FILE_H
#define GW_BASE_FILE_H
/* Whole files and folders. Blocking: for start-up and pool threads. */

#include <stddef.h>

#include "base/error.h"

/* Read @path whole, at most @max_bytes. Returns malloc'd text with a NUL after it, *out_len without
 * it (may be NULL). Errors: NOT_FOUND, RESOURCE_EXHAUSTED larger than @max_bytes, others by errno.
 */
char *gw_file_read(const char *path, size_t max_bytes, size_t *out_len, struct gw_error *err);
/* Replace @path by @data: written beside it, synced, renamed, the folder synced. Mode 0600. */
int gw_file_replace(const char *path, const void *data, size_t len, struct gw_error *err);
/* Make what changed among the names of @path's folder durable: @path made, renamed or removed. */
int gw_file_sync_folder(const char *path, struct gw_error *err);
/* Make the folder and its parents, mode 0700 for new ones. One that is there already is fine. */
int gw_dir_make(const char *path, struct gw_error *err);
/* Take the lock file @path for this process, for as long as the returned descriptor is open.
 * Errors: ALREADY_EXISTS when another process holds it, named by its pid. */
int gw_file_lock(const char *path, int *out_fd, struct gw_error *err);

#endif
