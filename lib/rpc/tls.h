#ifndef GW_RPC_TLS_H
#define GW_RPC_TLS_H
/* nng's TLS settings from our own. */

#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>

#include "rpc/rpc.h"
#include "rpc/url.h"

/* Settings for @url, or *@out_config NULL when it is not tls+tcp. Free with nng_tls_config_free().
 * Errors: INVALID_ARGUMENT tls+tcp without @tls, or files that hold no certificate or key;
 * NOT_FOUND, PERMISSION_DENIED files. Blocks to read them. */
int gw_rpc_tls_config(const struct gw_rpc_url *url,
                      const struct gw_rpc_tls *tls,
                      nng_tls_mode mode,
                      nng_tls_config **out_config,
                      struct gw_error *err);

#endif
