/* Accepting: one accept is always under way; each stream becomes a session. When accepting fails
 * (no descriptors), it is tried again a little later. */
#include <errno.h>
#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/str.h"
#include "rpc/server_priv.h"
#include "rpc/status.h"
#include "rpc/tls.h"

static void start_accept(void *arg)
{
    struct gw_rpc_listener *l = arg;
    nng_stream_listener_accept(l->listener, l->accept.aio);
}

static void on_accepted(void *arg)
{
    struct gw_rpc_listener *l = arg;
    int rv = nng_aio_result(l->accept.aio);
    if (rv == NNG_ECLOSED)
        return;
    if (rv != 0) {
        gw_log_debug(&l->server->log, "rpc.accept_failed", "url=%s error=\"%s\"", l->url.text,
                     nng_strerror(rv));
        gw_timer_start(l->retry, GW_RPC_ACCEPT_RETRY_MS);
        return;
    }
    nng_stream *stream = nng_aio_get_output(l->accept.aio, 0);
    start_accept(l);
    gw_rpc_session_start(l->server, stream);
}

/* A socket file may be left from a server that died. Nobody answers there: remove it. */
static int clear_socket_file(const char *path, struct gw_error *err)
{
    struct stat st;
    if (lstat(path, &st) < 0)
        return errno == ENOENT ? 0 : gw_error_set_errno(err, errno, "can't look at %s", path);
    if (!S_ISSOCK(st.st_mode))
        return gw_error_set(err, GW_ALREADY_EXISTS,
                            "%s exists and is no socket; remove it or listen elsewhere", path);
    GW_AUTO_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (fd < 0)
        return gw_error_set_errno(err, errno, "can't make a socket");
    if (gw_str_copy(address.sun_path, sizeof address.sun_path, path) < 0)
        return gw_error_set(err, GW_INVALID_ARGUMENT, "socket path %s is too long", path);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 || errno == EAGAIN)
        return gw_error_set(err, GW_ALREADY_EXISTS, "%s is in use by another server", path);
    if (errno != ECONNREFUSED)
        return gw_error_set_errno(err, errno, "can't tell who serves %s", path);
    if (unlink(path) < 0 && errno != ENOENT)
        return gw_error_set_errno(err, errno, "can't remove the old socket %s", path);
    return 0;
}

static int set_options(struct gw_rpc_listener *l, struct gw_error *err)
{
    int rv = 0;
    if (l->url.transport == GW_RPC_IPC) {
        rv = nng_stream_listener_set_int(l->listener, NNG_OPT_IPC_PERMISSIONS, 0600);
    } else {
        rv = nng_stream_listener_set_bool(l->listener, NNG_OPT_TCP_NODELAY, true);
        if (rv == 0)
            rv = nng_stream_listener_set_bool(l->listener, NNG_OPT_TCP_KEEPALIVE, true);
        if (rv == 0 && l->tls)
            rv = nng_stream_listener_set_ptr(l->listener, NNG_OPT_TLS_CONFIG, l->tls);
    }
    return rv ? gw_rpc_nng_error(err, rv, "can't set up %s", l->url.text) : 0;
}

static int find_port(struct gw_rpc_listener *l, struct gw_error *err)
{
    int port;
    if (l->url.transport == GW_RPC_IPC || l->url.port != 0)
        return 0;
    int rv = nng_stream_listener_get_int(l->listener, NNG_OPT_TCP_BOUND_PORT, &port);
    if (rv != 0)
        return gw_rpc_nng_error(err, rv, "can't learn the port of %s", l->url.text);
    gw_rpc_url_set_port(&l->url, (uint16_t)port);
    return 0;
}

static int
open_listener(struct gw_rpc_listener *l, const struct gw_rpc_tls *tls, struct gw_error *err)
{
    if (gw_rpc_tls_config(&l->url, tls, NNG_TLS_MODE_SERVER, &l->tls, err) < 0)
        return -1;
    if (l->url.transport == GW_RPC_IPC && clear_socket_file(l->url.text + l->url.path_at, err) < 0)
        return -1;
    int rv = nng_stream_listener_alloc(&l->listener, l->url.text);
    if (rv != 0) {
        l->listener = NULL;
        return gw_rpc_nng_error(err, rv, "can't listen at %s", l->url.text);
    }
    if (set_options(l, err) < 0)
        return -1;
    rv = nng_stream_listener_listen(l->listener);
    if (rv != 0)
        return gw_rpc_nng_error(err, rv, "can't listen at %s", l->url.text);
    return find_port(l, err);
}

struct gw_rpc_listener *gw_rpc_listener_new(struct gw_rpc_server *server,
                                            const char *url,
                                            const struct gw_rpc_tls *tls,
                                            struct gw_error *err)
{
    struct gw_rpc_listener *l = calloc(1, sizeof *l);
    if (!l) {
        gw_error_set_nomem(err, "listening");
        return NULL;
    }
    l->server = server;
    l->retry = gw_timer_new(server->loop, start_accept, l);
    if (!l->retry)
        gw_error_set_nomem(err, "listening");
    if (!l->retry || gw_rpc_url_parse(url, &l->url, err) < 0 || open_listener(l, tls, err) < 0 ||
        gw_rpc_op_init(&l->accept, server->inbox, on_accepted, l, err) < 0) {
        gw_rpc_listener_free(l);
        return NULL;
    }
    l->accept.makes_stream = true;
    start_accept(l);
    return l;
}

void gw_rpc_listener_free(struct gw_rpc_listener *l)
{
    if (!l)
        return;
    gw_timer_free(l->retry);
    if (l->listener)
        nng_stream_listener_close(l->listener);
    gw_rpc_op_fini(&l->accept);
    if (l->listener)
        nng_stream_listener_free(l->listener);
    if (l->tls)
        nng_tls_config_free(l->tls);
    free(l);
}
