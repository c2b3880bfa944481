#ifndef SCH_LIST_H
#define SCH_LIST_H
/* Objects in the order they were added, found by a text key that lives inside the object. */

#include <stddef.h>

struct sch_slot {
    const char *key; /* NULL: free */
    void *item;
};

struct sch_list {
    void **items;
    size_t n_items;
    size_t cap;
    struct sch_slot *slots; /* open addressing, a power of two, at most half full */
    size_t n_slots;
};

void sch_list_fini(struct sch_list *list);
/* Make room for one more, so that the next add cannot fail. Returns -1 without memory. */
int sch_list_reserve(struct sch_list *list);
/* Add @item under @key, which is not there yet. Returns -1 without memory. */
int sch_list_add(struct sch_list *list, const char *key, void *item);
/* NULL when there is none. */
void *sch_list_find(const struct sch_list *list, const char *key);
void sch_list_remove(struct sch_list *list, const char *key);

#endif
