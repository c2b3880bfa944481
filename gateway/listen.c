#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"

static int parse_port(const char *text, uint16_t *out)
{
    size_t n = strlen(text);
    if (n == 0 || n > 5 || strspn(text, "0123456789") != n)
        return -1;
    unsigned long port = strtoul(text, NULL, 10);
    if (port > 65535)
        return -1;
    *out = (uint16_t)port;
    return 0;
}

static int parse_parts(char *host, struct gwy_address *out)
{
    char *colon = strrchr(host, ':');
    uint16_t port = 0;
    if (!colon || parse_port(colon + 1, &port) < 0)
        return -1;
    *colon = '\0';
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, host, &in.sin_addr) == 1) {
        memcpy(&out->storage, &in, sizeof in);
        out->len = sizeof in;
        return 0;
    }
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    size_t len = strlen(host);
    if (len < 3 || host[0] != '[' || host[len - 1] != ']')
        return -1;
    host[len - 1] = '\0';
    if (inet_pton(AF_INET6, host + 1, &in6.sin6_addr) != 1)
        return -1;
    memcpy(&out->storage, &in6, sizeof in6);
    out->len = sizeof in6;
    return 0;
}

int gwy_address_parse(const char *text, struct gwy_address *out, struct gw_error *err)
{
    char copy[GWY_URL_MAX];
    *out = (struct gwy_address){0};
    if (gw_str_copy(copy, sizeof copy, text) < 0 || parse_parts(copy, out) < 0) {
        char quoted[GW_QUOTED_MAX];
        return gw_error_set(err, GW_INVALID_ARGUMENT,
                            "%s is not an address: write IP:PORT, e.g. 127.0.0.1:8440",
                            gw_error_quote(quoted, text));
    }
    return 0;
}

static int write_url(int fd, char out_url[GWY_URL_MAX])
{
    struct sockaddr_storage storage = {0};
    socklen_t len = sizeof storage;
    char ip[INET6_ADDRSTRLEN];
    if (getsockname(fd, (struct sockaddr *)&storage, &len) < 0)
        return -1;
    if (storage.ss_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, &storage, sizeof in6);
        (void)inet_ntop(AF_INET6, &in6.sin6_addr, ip, sizeof ip);
        (void)snprintf(out_url, GWY_URL_MAX, "http://[%s]:%u", ip, ntohs(in6.sin6_port));
        return 0;
    }
    struct sockaddr_in in;
    memcpy(&in, &storage, sizeof in);
    (void)inet_ntop(AF_INET, &in.sin_addr, ip, sizeof ip);
    (void)snprintf(out_url, GWY_URL_MAX, "http://%s:%u", ip, ntohs(in.sin_port));
    return 0;
}

int gwy_listen(const char *text, int *out_fd, char out_url[GWY_URL_MAX], struct gw_error *err)
{
    struct gwy_address address;
    if (gwy_address_parse(text, &address, err) < 0)
        return -1;
    GW_AUTO_FD int fd =
        socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
        return gw_error_set_errno(err, errno, "can't make a socket for %s", text);
    if (bind(fd, (const struct sockaddr *)&address.storage, address.len) < 0 ||
        listen(fd, GWY_BACKLOG) < 0)
        return gw_error_set_errno(err, errno,
                                  "can't listen on %s (set key listen to a free IP:PORT)", text);
    if (write_url(fd, out_url) < 0)
        return gw_error_set_errno(err, errno, "can't tell the address of %s", text);
    *out_fd = gw_steal_fd(&fd);
    return 0;
}
