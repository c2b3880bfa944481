#ifndef SCH_WATCH_H
#define SCH_WATCH_H
/* Streams of events. Each watcher reads the store from its cursor on, so none is lost however slow
 * it is; progress, which is not stored, reaches those who have read all the rest. */

#include "objects.h"

int sch_watchers_init(struct scheduler *s, struct gw_error *err);
void sch_watchers_fini(struct scheduler *s);
/* The store has new events. */
void sch_watchers_wake(struct scheduler *s);
/* @m has made progress; told at most five times a second. */
void sch_watchers_progress(struct scheduler *s, struct sch_migration *m);

#endif
