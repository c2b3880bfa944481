#ifndef GW_BASE_SCOPE_H
#define GW_BASE_SCOPE_H
/* Ownership by scope: a variable marked with one of these is released when its block ends,
 * whichever way. Ownership leaves the block through gw_steal(), which empties the variable. */

#include <stdlib.h>
#include <unistd.h>

static inline void gw_scope_free(void *slot)
{
    void **p = (void **)slot;
    free(*p);
}

static inline void gw_scope_close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

/* malloc'd memory. */
#define GW_AUTO_FREE __attribute__((cleanup(gw_scope_free)))
/* A descriptor; negative means none. */
#define GW_AUTO_FD __attribute__((cleanup(gw_scope_close_fd)))
/* Anything whose folder defines `static inline void gw_scope_TYPE(TYPE **)`. */
#define GW_AUTO(type) __attribute__((cleanup(gw_scope_##type)))

/* Take the pointer out of @ptr and leave NULL there. */
#define gw_steal(ptr)                                                                              \
    __extension__({                                                                                \
        __typeof__(ptr) gw_stolen_ = (ptr);                                                        \
        (ptr) = NULL;                                                                              \
        gw_stolen_;                                                                                \
    })

static inline int gw_steal_fd(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

#define GW_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
