#include "list.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void sch_list_fini(struct sch_list *list)
{
    free(list->items);
    free(list->slots);
    *list = (struct sch_list){0};
}

/* FNV-1a. Keys are ids that our own programs made, or that cost a connection each. */
static size_t hash(const char *key)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (; *key; key++)
        h = (h ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
    return (size_t)h;
}

static void put_slot(struct sch_list *list, const char *key, void *item)
{
    size_t at = hash(key) & (list->n_slots - 1);
    while (list->slots[at].key)
        at = (at + 1) & (list->n_slots - 1);
    list->slots[at] = (struct sch_slot){.key = key, .item = item};
}

static int grow_slots(struct sch_list *list)
{
    size_t n = list->n_slots ? list->n_slots * 2 : 16;
    struct sch_slot *old = list->slots;
    size_t n_old = list->n_slots;
    struct sch_slot *slots = calloc(n, sizeof *slots);
    if (!slots)
        return -1;
    list->slots = slots;
    list->n_slots = n;
    for (size_t i = 0; i < n_old; i++) {
        if (old[i].key)
            put_slot(list, old[i].key, old[i].item);
    }
    free(old);
    return 0;
}

int sch_list_reserve(struct sch_list *list)
{
    if ((list->n_items + 1) * 2 > list->n_slots && grow_slots(list))
        return -1;
    if (list->n_items < list->cap)
        return 0;
    size_t cap = list->cap ? list->cap * 2 : 16;
    void **items = realloc(list->items, cap * sizeof *items);
    if (!items)
        return -1;
    list->items = items;
    list->cap = cap;
    return 0;
}

int sch_list_add(struct sch_list *list, const char *key, void *item)
{
    if (sch_list_reserve(list))
        return -1;
    list->items[list->n_items++] = item;
    put_slot(list, key, item);
    return 0;
}

static struct sch_slot *find_slot(const struct sch_list *list, const char *key)
{
    if (list->n_slots == 0)
        return NULL;
    size_t at = hash(key) & (list->n_slots - 1);
    for (; list->slots[at].key; at = (at + 1) & (list->n_slots - 1)) {
        if (strcmp(list->slots[at].key, key) == 0)
            return &list->slots[at];
    }
    return NULL;
}

void *sch_list_find(const struct sch_list *list, const char *key)
{
    struct sch_slot *slot = find_slot(list, key);
    return slot ? slot->item : NULL;
}

/* Free the slot and put those that follow it anew, so that no search ends too early. */
static void free_slot(struct sch_list *list, struct sch_slot *slot)
{
    size_t at = (size_t)(slot - list->slots);
    *slot = (struct sch_slot){0};
    for (;;) {
        at = (at + 1) & (list->n_slots - 1);
        struct sch_slot moved = list->slots[at];
        if (!moved.key)
            return;
        list->slots[at] = (struct sch_slot){0};
        put_slot(list, moved.key, moved.item);
    }
}

void sch_list_remove(struct sch_list *list, const char *key)
{
    struct sch_slot *slot = find_slot(list, key);
    if (!slot)
        return;
    void *item = slot->item;
    free_slot(list, slot);
    size_t i = 0;
    while (list->items[i] != item)
        i++;
    list->n_items--;
    memmove(&list->items[i], &list->items[i + 1], (list->n_items - i) * sizeof *list->items);
}
