#include "host/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/str.h"

enum { TAP_MAC_FIRST = 0xfe }; /* highest local one: a bridge takes the lowest MAC of its ports */

/* A descriptor to ask the network stack of this namespace through. */
static int open_control(void)
{
    return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

int gw_bridge_check(const char *name, struct gw_error *err)
{
    char shown[GW_QUOTED_MAX];
    struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
    struct ifreq request = {.ifr_data = (void *)&info};
    GW_AUTO_FD int control = open_control();
    if (control < 0)
        return gw_error_set_errno(err, errno, "can't open a socket");
    if (gw_str_copy(request.ifr_name, sizeof request.ifr_name, name) == 0 &&
        ioctl(control, SIOCETHTOOL, &request) == 0 && strcmp(info.driver, "bridge") == 0)
        return 0;
    (void)gw_error_set(err, GW_NOT_FOUND, "there is no bridge %s on this host; make it",
                       gw_error_quote(shown, name));
    return gw_error_reason(err, "BRIDGE_NOT_FOUND");
}

/* Make the device; its name, chosen by the kernel, goes to @name. */
static int make_tap(char name[IFNAMSIZ], struct gw_error *err)
{
    GW_AUTO_FD int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return gw_error_set_errno(err, errno, "can't open /dev/net/tun");
    struct ifreq request = {.ifr_name = "gwt%d", .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
    if (ioctl(fd, TUNSETIFF, &request) < 0)
        return gw_error_set_errno(err, errno, "can't make a tap device");
    memcpy(name, request.ifr_name, IFNAMSIZ);
    return gw_steal_fd(&fd);
}

static int set_mac(int control, const char *name, struct gw_error *err)
{
    struct ifreq request = {0};
    memcpy(request.ifr_name, name, IFNAMSIZ);
    int failed = ioctl(control, SIOCGIFHWADDR, &request);
    request.ifr_hwaddr.sa_data[0] = (char)TAP_MAC_FIRST;
    if (failed < 0 || ioctl(control, SIOCSIFHWADDR, &request) < 0)
        return gw_error_set_errno(err, errno, "can't set the MAC of tap device %s", name);
    return 0;
}

static int join(int control, const char *name, const char *bridge, struct gw_error *err)
{
    struct ifreq request = {0};
    unsigned index = if_nametoindex(name);
    if (index == 0 || gw_str_copy(request.ifr_name, sizeof request.ifr_name, bridge) < 0)
        return gw_error_set_errno(err, errno, "can't find tap device %s", name);
    request.ifr_ifindex = (int)index;
    if (ioctl(control, SIOCBRADDIF, &request) < 0)
        return gw_error_set_errno(err, errno, "can't join tap device %s to bridge %s", name,
                                  bridge);
    return 0;
}

static int bring_up(int control, const char *name, struct gw_error *err)
{
    struct ifreq request = {0};
    memcpy(request.ifr_name, name, IFNAMSIZ);
    int failed = ioctl(control, SIOCGIFFLAGS, &request);
    request.ifr_flags |= IFF_UP;
    if (failed < 0 || ioctl(control, SIOCSIFFLAGS, &request) < 0)
        return gw_error_set_errno(err, errno, "can't bring up tap device %s", name);
    return 0;
}

int gw_tap_open(const char *bridge, int *out_fd, struct gw_error *err)
{
    char name[IFNAMSIZ];
    if (gw_bridge_check(bridge, err) < 0)
        return -1;
    GW_AUTO_FD int control = open_control();
    if (control < 0)
        return gw_error_set_errno(err, errno, "can't open a socket");
    GW_AUTO_FD int fd = make_tap(name, err);
    if (fd < 0 || set_mac(control, name, err) < 0 || join(control, name, bridge, err) < 0 ||
        bring_up(control, name, err) < 0)
        return -1;
    *out_fd = gw_steal_fd(&fd);
    return 0;
}
