/* A host's identity and pools. host-id is made once, by whichever agent starts first: a complete
 * file of its own is linked into place, so that the other one sees all of it or nothing. */
#include "host/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/id.h"
#include "base/scope.h"
#include "base/str.h"

enum { ID_FILE_MAX_BYTES = 64 };

static int read_uuid(const char *path, char out[GW_UUID_LEN + 1], struct gw_error *err)
{
    GW_AUTO_FREE char *text = gw_file_read(path, ID_FILE_MAX_BYTES, NULL, err);
    if (!text)
        return -1;
    text[strcspn(text, "\n")] = '\0';
    if (!gw_uuid_is_valid(text))
        return gw_error_set(err, GW_DATA_LOSS, "%s does not hold a uuid", path);
    return gw_str_copy(out, GW_UUID_LEN + 1, text);
}

static int make_id(const char *path, struct gw_error *err)
{
    char id[GW_UUID_LEN + 1];
    gw_uuid_make(gw_random_system(), id);
    GW_AUTO_FREE char *beside = gw_strf("%s.%d", path, (int)getpid());
    GW_AUTO_FREE char *text = gw_strf("%s\n", id);
    if (!beside || !text)
        return gw_error_set_nomem(err, "making a host id");
    if (gw_file_replace(beside, text, strlen(text), err) < 0)
        return -1;
    int e = link(beside, path) < 0 && errno != EEXIST ? errno : 0;
    (void)unlink(beside);
    return e ? gw_error_set_errno(err, e, "can't make %s", path) : 0;
}

static int load_id(struct gw_host *host, struct gw_error *err)
{
    GW_AUTO_FREE char *path = gw_strf("%s/host-id", host->settings->host_dir);
    if (!path)
        return gw_error_set_nomem(err, "reading the host id");
    if (access(path, F_OK) < 0 && make_id(path, err) < 0)
        return -1;
    return read_uuid(path, host->id, err);
}

int gw_host_pool_parse(const char *text, struct gw_host_pool *out, struct gw_error *err)
{
    char shown[GW_QUOTED_MAX];
    const char *kind = strchr(text, ':');
    const char *path = kind ? strchr(kind + 1, ':') : NULL;
    struct gw_host_pool pool = {0};
    if (!path || path[1] != '/' || (size_t)(kind - text) > GW_NAME_MAX)
        return gw_error_set(err, GW_INVALID_ARGUMENT,
                            "pool %s is not id:kind:path with an absolute path",
                            gw_error_quote(shown, text));
    memcpy(pool.id, text, (size_t)(kind - text));
    size_t kind_len = (size_t)(path - kind - 1);
    if (strncmp(kind + 1, "local:", kind_len + 1) == 0)
        pool.kind = GW_HOST_POOL_LOCAL;
    else if (strncmp(kind + 1, "shared:", kind_len + 1) == 0)
        pool.kind = GW_HOST_POOL_SHARED;
    else
        return gw_error_set(err, GW_INVALID_ARGUMENT,
                            "pool %s has an unknown kind: use local or shared",
                            gw_error_quote(shown, text));
    if (!gw_name_is_valid(pool.id, GW_NAME_MAX))
        return gw_error_set(err, GW_INVALID_ARGUMENT,
                            "pool %s has no valid id: use a letter, then letters, digits, '-', '_'",
                            gw_error_quote(shown, text));
    pool.path = path + 1;
    *out = pool;
    return 0;
}

int gw_host_init(struct gw_host *host,
                 const struct gw_host_settings *settings,
                 struct gw_error *err)
{
    *host = (struct gw_host){.settings = settings};
    GW_AUTO_FREE char *guests = gw_strf("%s/guests", settings->host_dir);
    if (!guests)
        return gw_error_set_nomem(err, "naming the guests folder");
    if (gw_dir_make(guests, err) < 0 || load_id(host, err) < 0 ||
        read_uuid(settings->boot_id_file, host->boot_id, err) < 0)
        return -1;
    for (; host->n_pools < settings->pools.n_items; host->n_pools++) {
        if (gw_host_pool_parse(settings->pools.items[host->n_pools], &host->pools[host->n_pools],
                               err) < 0)
            return -1;
    }
    return 0;
}

const struct gw_host_pool *
gw_host_find_pool(const struct gw_host *host, const char *id, struct gw_error *err)
{
    char shown[GW_QUOTED_MAX];
    for (size_t i = 0; i < host->n_pools; i++) {
        if (strcmp(host->pools[i].id, id) == 0)
            return &host->pools[i];
    }
    (void)gw_error_set(err, GW_NOT_FOUND,
                       "host \"%s\" has no pool %s; add a pool line to its settings",
                       host->settings->host_name, gw_error_quote(shown, id));
    (void)gw_error_reason(err, "POOL_NOT_FOUND");
    return NULL;
}

int gw_host_check_bridge(const struct gw_host *host, const char *name, struct gw_error *err)
{
    char shown[GW_QUOTED_MAX];
    const struct gw_config_list *bridges = &host->settings->bridges;
    for (size_t i = 0; i < bridges->n_items; i++) {
        if (strcmp(bridges->items[i], name) == 0)
            return 0;
    }
    (void)gw_error_set(err, GW_NOT_FOUND,
                       "host \"%s\" offers no bridge %s; add a bridge line to its settings",
                       host->settings->host_name, gw_error_quote(shown, name));
    return gw_error_reason(err, "BRIDGE_NOT_FOUND");
}

char *gw_host_boot_file(const struct gw_host *host, const char *file, struct gw_error *err)
{
    char shown[GW_QUOTED_MAX];
    struct stat st;
    if (!gw_file_name_is_valid(file)) {
        (void)gw_error_set(err, GW_INVALID_ARGUMENT, "boot file %s is not a plain file name",
                           gw_error_quote(shown, file));
        return NULL;
    }
    char *path = gw_strf("%s/%s", host->settings->boot_dir, file);
    if (!path) {
        (void)gw_error_set_nomem(err, "naming a boot file");
        return NULL;
    }
    if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
        return path;
    free(path);
    (void)gw_error_set(err, GW_NOT_FOUND, "host \"%s\" has no boot file \"%s\" in %s; put it there",
                       host->settings->host_name, file, host->settings->boot_dir);
    (void)gw_error_reason(err, "BOOT_FILE_NOT_FOUND");
    return NULL;
}
