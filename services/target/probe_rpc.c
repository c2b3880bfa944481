/* ReadProbe: is the source's token in our pool, too? Looked for on a pool thread, because shared
 * storage may hang; opened and not only looked up, so that a network file system asks its server.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/scope.h"
#include "host/disk.h"
#include "rpc/rpc.h"
#include "wire_rpc.h"

struct job {
    Godwit__V1__ReadProbeReply_Closure closure;
    void *closure_data;
    char *path;
    bool is_found;
    struct gw_error err;
};

static void look(void *arg)
{
    struct job *job = arg;
    GW_AUTO_FD int fd = open(job->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    job->is_found = fd >= 0;
    if (fd < 0 && errno != ENOENT)
        (void)gw_error_set_errno(&job->err, errno, "can't look for %s", job->path);
}

static void answer(void *arg)
{
    struct job *job = arg;
    Godwit__V1__ReadProbeReply reply = GODWIT__V1__READ_PROBE_REPLY__INIT;
    reply.found = job->is_found;
    if (gw_error_is_set(&job->err))
        gw_rpc_fail(job->closure_data, &job->err);
    else
        job->closure(&reply, job->closure_data);
    free(job->path);
    free(job);
}

void tgt_rpc_read_probe(Godwit__V1__TargetService_Service *service,
                        const Godwit__V1__ReadProbeRequest *input,
                        Godwit__V1__ReadProbeReply_Closure closure,
                        void *closure_data)
{
    struct tgt_daemon *daemon = ((struct tgt_service *)service)->daemon;
    struct gw_error err = {0};
    GW_AUTO_FREE char *path = gw_probe_path(&daemon->host, input->pool, input->token, &err);
    GW_AUTO_FREE struct job *job = path ? calloc(1, sizeof *job) : NULL;
    if (path && !job)
        (void)gw_error_set_nomem(&err, "looking for a probe");
    if (job) {
        *job = (struct job){.closure = closure, .closure_data = closure_data, .path = path};
        if (gw_pool_submit(daemon->pool, look, answer, job, &err) == 0) {
            path = NULL;
            job = NULL;
            return;
        }
    }
    gw_rpc_fail(closure_data, &err);
}
