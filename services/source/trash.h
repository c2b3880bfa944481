#ifndef SRC_TRASH_H
#define SRC_TRASH_H
/* Retention: entries of the trash older than the setting trash_retention_hours are purged at the
 * daemon's start and once an hour from then on, on a pool thread. Thread: loop thread. */

#include "base/error.h"
#include "host/trash.h"
#include "source.h"

enum { SRC_TRASH_PAUSE_MS = 3600 * 1000 };

struct src_trash;

/* Begin, or with a retention of 0 do nothing at all (*out is NULL then). Errors:
 * RESOURCE_EXHAUSTED. */
int src_trash_start(struct src_daemon *daemon, struct src_trash **out, struct gw_error *err);
/* After the pool is gone. NULL is fine. */
void src_trash_stop(struct src_trash *trash);

/* One line about one entry; @file is the name it got, "" for none. */
void src_trash_log(const struct src_daemon *daemon,
                   const char *event,
                   const struct gw_trash_entry *entry,
                   const char *file);

#endif
