#include "base/scope.h"
#include "cli.h"
#include "output.h"

int cli_version(struct cli_context *context, struct gw_error *err)
{
    Godwit__V1__GetVersionRequest request = GODWIT__V1__GET_VERSION_REQUEST__INIT;
    struct gw_client *client = cli_client(context, 0, err);
    Godwit__V1__GetVersionReply *reply =
        client ? gw_client_get_version(client, &request, err) : NULL;
    if (!reply && context->format == CLI_TABLE)
        (void)fprintf(context->out, "command    %s\n", GW_VERSION);
    if (!reply)
        return -1;
    int ret = 0;
    if (context->format == CLI_JSON)
        ret = cli_print_json(context, &reply->base, err);
    else
        (void)fprintf(context->out, "command    %s\nscheduler  %s\ncluster    %s\n", GW_VERSION,
                      reply->version, reply->cluster_id);
    godwit__v1__get_version_reply__free_unpacked(reply, NULL);
    return ret;
}
