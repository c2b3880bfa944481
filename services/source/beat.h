#ifndef SRC_BEAT_H
#define SRC_BEAT_H
/* The source's heartbeats: its guests out, kill orders in. */

#include "source.h"

/* Start them. Everything of @daemon but the heartbeat must be there. */
int src_beat_start(struct src_daemon *daemon, const char *url, struct gw_error *err);

#endif
