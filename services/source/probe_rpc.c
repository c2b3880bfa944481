/* The token file of a shared pool. On a pool thread: the pool may be a network file system that
 * hangs. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/str.h"
#include "host/disk.h"
#include "rpc/rpc.h"
#include "service_rpc.h"

struct probe_job {
    char *path;
    char token[33];
    bool is_removal;
    struct gw_error error;
    Godwit__V1__WriteProbeReply_Closure closure;
    void *call;
};

static int write_token(const struct probe_job *job, struct gw_error *err)
{
    GW_AUTO_FD int fd =
        open(job->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);

    if (fd < 0)
        return gw_error_set_errno(err, errno, "write probe \"%s\"", job->path);
    size_t len = strlen(job->token);
    if (write(fd, job->token, len) != (ssize_t)len || fsync(fd) != 0)
        return gw_error_set_errno(err, errno, "write probe \"%s\"", job->path);
    return 0;
}

static void work(void *arg)
{
    struct probe_job *job = arg;

    if (!job->is_removal)
        (void)write_token(job, &job->error);
    else if (unlink(job->path) != 0 && errno != ENOENT)
        (void)gw_error_set_errno(&job->error, errno, "remove probe \"%s\"", job->path);
}

static void done(void *arg)
{
    struct probe_job *job = arg;
    const Godwit__V1__WriteProbeReply reply = GODWIT__V1__WRITE_PROBE_REPLY__INIT;

    if (gw_error_is_set(&job->error))
        gw_rpc_fail(job->call, &job->error);
    else
        job->closure(&reply, job->call);
    free(job->path);
    free(job);
}

static void start(struct src_daemon *daemon,
                  const Godwit__V1__WriteProbeRequest *request,
                  bool is_removal,
                  Godwit__V1__WriteProbeReply_Closure closure,
                  void *call)
{
    struct gw_error err = {0};
    struct probe_job *job = calloc(1, sizeof *job);

    if (job == NULL) {
        (void)gw_error_set_nomem(&err, "probing a pool");
        gw_rpc_fail(call, &err);
        return;
    }
    job->is_removal = is_removal;
    job->closure = closure;
    job->call = call;
    job->path = gw_probe_path(&daemon->host, request->pool, request->token, &err);
    if (job->path != NULL && gw_str_copy(job->token, sizeof job->token, request->token) == 0 &&
        gw_pool_submit(daemon->pool, work, done, job, &err) == 0)
        return;
    free(job->path);
    free(job);
    gw_rpc_fail(call, &err);
}

void src_rpc_write_probe(Godwit__V1__SourceService_Service *service,
                         const Godwit__V1__WriteProbeRequest *request,
                         Godwit__V1__WriteProbeReply_Closure closure,
                         void *call)
{
    start(src_service_daemon(service), request, false, closure, call);
}

void src_rpc_remove_probe(Godwit__V1__SourceService_Service *service,
                          const Godwit__V1__WriteProbeRequest *request,
                          Godwit__V1__WriteProbeReply_Closure closure,
                          void *call)
{
    start(src_service_daemon(service), request, true, closure, call);
}
