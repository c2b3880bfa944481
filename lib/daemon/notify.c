#include "daemon/daemon_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

int gw_notify_init(struct gw_notify *notify, struct gw_error *err)
{
    *notify = (struct gw_notify){.address.sun_family = AF_UNIX};
    const char *name = getenv("NOTIFY_SOCKET");
    if (!name || !*name)
        return 0;
    size_t len = strlen(name);
    if ((name[0] != '/' && name[0] != '@') || len >= sizeof notify->address.sun_path)
        return gw_error_set(err, GW_INVALID_ARGUMENT,
                            "$NOTIFY_SOCKET must be an absolute path or @name under %zu bytes",
                            sizeof notify->address.sun_path);
    memcpy(notify->address.sun_path, name, len);
    notify->address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    if (name[0] == '@')
        notify->address.sun_path[0] = '\0'; /* unix(7): abstract names start with a NUL */
    (void)unsetenv("NOTIFY_SOCKET");
    return 0;
}

int gw_notify_send(const struct gw_notify *notify, const char *text, struct gw_error *err)
{
    if (notify->address_len == 0)
        return 0;
    GW_AUTO_FD int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return gw_error_set_errno(err, errno, "can't make a socket to tell readiness");
    if (sendto(fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&notify->address,
               notify->address_len) < 0)
        return gw_error_set_errno(err, errno, "can't tell readiness to $NOTIFY_SOCKET");
    return 0;
}
