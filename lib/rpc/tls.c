#include "rpc/tls.h"

#include <errno.h>
#include <nng/nng.h>
#include <stdbool.h>
#include <unistd.h>

#include "rpc/status.h"

static int check_readable(const char *path, const char *what, struct gw_error *err)
{
    if (!path || !*path)
        return gw_error_set(err, GW_INVALID_ARGUMENT, "no %s is given for a tls+tcp address", what);
    if (access(path, R_OK) < 0)
        return gw_error_set_errno(err, errno, "can't read the %s %s", what, path);
    return 0;
}

static int fill(nng_tls_config *config,
                const struct gw_rpc_url *url,
                const struct gw_rpc_tls *tls,
                nng_tls_mode mode,
                struct gw_error *err)
{
    int rv = nng_tls_config_auth_mode(config, NNG_TLS_AUTH_MODE_REQUIRED);
    if (rv == 0)
        rv = nng_tls_config_version(config, NNG_TLS_1_2, NNG_TLS_1_3);
    if (rv == NNG_ENOTSUP) /* an engine without TLS 1.3 */
        rv = nng_tls_config_version(config, NNG_TLS_1_2, NNG_TLS_1_2);
    if (rv != 0)
        return gw_rpc_nng_error(err, rv, "can't set TLS up");
    rv = nng_tls_config_ca_file(config, tls->ca_file);
    if (rv != 0)
        return gw_error_set(err, GW_INVALID_ARGUMENT, "%s holds no certificate authority: %s",
                            tls->ca_file, nng_strerror(rv));
    rv = nng_tls_config_cert_key_file(config, tls->cert_key_file, NULL);
    if (rv != 0)
        return gw_error_set(err, GW_INVALID_ARGUMENT,
                            "%s holds no certificate followed by its private key: %s",
                            tls->cert_key_file, nng_strerror(rv));
    if (mode == NNG_TLS_MODE_CLIENT) {
        bool is_named = tls->server_name && *tls->server_name;
        rv = nng_tls_config_server_name(config, is_named ? tls->server_name : url->host);
        if (rv != 0)
            return gw_rpc_nng_error(err, rv, "can't set the TLS server name");
    }
    return 0;
}

int gw_rpc_tls_config(const struct gw_rpc_url *url,
                      const struct gw_rpc_tls *tls,
                      nng_tls_mode mode,
                      nng_tls_config **out_config,
                      struct gw_error *err)
{
    if (url->transport != GW_RPC_TLS) {
        *out_config = NULL;
        return 0;
    }
    static const struct gw_rpc_tls none;
    if (!tls)
        tls = &none;
    if (check_readable(tls->ca_file, "CA file", err) < 0 ||
        check_readable(tls->cert_key_file, "certificate and key file", err) < 0)
        return -1;
    nng_tls_config *config;
    if (nng_tls_config_alloc(&config, mode) != 0)
        return gw_error_set_nomem(err, "setting TLS up");
    if (fill(config, url, tls, mode, err) < 0) {
        nng_tls_config_free(config);
        return -1;
    }
    *out_config = config;
    return 0;
}
