#include "rpc/url.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static int bad(struct gw_error *err, const char *text, const char *what)
{
    char quoted[GW_QUOTED_MAX];
    return gw_error_set(err, GW_INVALID_ARGUMENT,
                        "address %s %s; write ipc:///path, tcp://HOST:PORT or tls+tcp://HOST:PORT",
                        gw_error_quote(quoted, text), what);
}

static int parse_path(struct gw_rpc_url *url, const char *path, struct gw_error *err)
{
    size_t len = strlen(path);
    if (path[0] != '/' || len < 2)
        return bad(err, url->text, "has no absolute path");
    if (len > GW_RPC_PATH_MAX)
        return gw_error_set(err, GW_INVALID_ARGUMENT,
                            "the socket path of address ipc://%.40s... has %zu bytes; at most %d "
                            "are possible",
                            path, len, GW_RPC_PATH_MAX);
    url->path_at = (size_t)(path - url->text);
    return 0;
}

static bool host_is_plausible(const char *host)
{
    return host[0] && host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                        "0123456789.-:")] == '\0';
}

static int parse_port(struct gw_rpc_url *url, const char *port, struct gw_error *err)
{
    char *end;
    unsigned long value = strtoul(port, &end, 10);
    if (port[0] < '0' || port[0] > '9' || *end || value > UINT16_MAX || strlen(port) > 5)
        return bad(err, url->text, "has no port from 0 to 65535");
    url->port = (uint16_t)value;
    return 0;
}

static int parse_host_port(struct gw_rpc_url *url, const char *text, struct gw_error *err)
{
    const char *colon = strrchr(text, ':');
    if (!colon)
        return bad(err, url->text, "has no port from 0 to 65535");
    size_t len = (size_t)(colon - text);
    bool is_bracketed = len >= 2 && text[0] == '[' && text[len - 1] == ']';
    if (is_bracketed) {
        text++;
        len -= 2;
    }
    if (len > GW_RPC_HOST_MAX)
        return bad(err, url->text, "has a host name over 253 bytes");
    memcpy(url->host, text, len);
    url->host[len] = '\0';
    if (!host_is_plausible(url->host) || (!is_bracketed && strchr(url->host, ':')))
        return bad(err, url->text, "has no valid host");
    return parse_port(url, colon + 1, err);
}

int gw_rpc_url_parse(const char *text, struct gw_rpc_url *out, struct gw_error *err)
{
    static const struct {
        const char *scheme;
        enum gw_rpc_transport transport;
    } schemes[] = {{"ipc://", GW_RPC_IPC}, {"tcp://", GW_RPC_TCP}, {"tls+tcp://", GW_RPC_TLS}};
    *out = (struct gw_rpc_url){0};
    if (gw_str_copy(out->text, sizeof out->text, text) < 0)
        return bad(err, text, "is too long");
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t len = strlen(schemes[i].scheme);
        if (strncmp(text, schemes[i].scheme, len) != 0)
            continue;
        out->transport = schemes[i].transport;
        const char *rest = out->text + len;
        return out->transport == GW_RPC_IPC ? parse_path(out, rest, err)
                                            : parse_host_port(out, rest, err);
    }
    return bad(err, text, "is of no known kind");
}

void gw_rpc_url_set_port(struct gw_rpc_url *url, uint16_t port)
{
    char *colon = strrchr(url->text, ':');
    url->port = port;
    (void)snprintf(colon, sizeof url->text - (size_t)(colon - url->text), ":%u", port);
}
