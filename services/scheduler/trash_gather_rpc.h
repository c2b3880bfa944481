#ifndef SCH_TRASH_GATHER_RPC_H
#define SCH_TRASH_GATHER_RPC_H
/* Ask hosts about their trash at once, and put what they say together. */

#include "convert.h"
#include "objects.h"

struct sch_trash_question {
    const struct sch_host *host; /* NULL: all */
    const char *id;              /* list only this entry; "": all */
    uint32_t older_than_hours;   /* above 0: purge by age instead of listing */
};

/* @all is freed afterwards. NULL with @err: no memory. */
typedef void (*sch_trash_fn)(void *arg, Godwit__V1__TrashEntries *all, const struct gw_error *err);

/* @fn runs exactly once, maybe inside this call. A host without the entry @id says nothing; one
 * that is silent, or fails, is in `absent`. */
void sch_trash_gather(struct scheduler *s,
                      const struct sch_trash_question *question,
                      sch_trash_fn fn,
                      void *arg);

#endif
