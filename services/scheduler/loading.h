#ifndef SCH_LOADING_H
#define SCH_LOADING_H
/* The memory image from the store, at the start. */

#include "scheduler.h"

/* Errors: DATA_LOSS the store holds what cannot be; RESOURCE_EXHAUSTED no memory. */
int sch_load(struct scheduler *s, struct gw_error *err);

#endif
