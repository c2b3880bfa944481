#ifndef SCH_LEFTOVERS_H
#define SCH_LEFTOVERS_H
/* Targets that were away when a move to them was undone: they are told to refuse it when they are
 * back, so that nothing of it stays there. Never activated, it could not run anyway. */

#include "objects.h"

/* Tell the target on @host_id of every such move. */
void sch_leftovers_refuse(struct scheduler *s, const char *host_id);

#endif
