#ifndef SCH_SERVICE_H
#define SCH_SERVICE_H
/* Bringing the RPC face up and down, for who does not see protobuf types. */

#include "scheduler.h"

/* Make the server; it listens nowhere yet. */
int sch_service_start(struct scheduler *s, struct gw_error *err);
void sch_service_stop(struct scheduler *s);

#endif
