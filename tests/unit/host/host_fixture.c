#include "tests/unit/host/host_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"
#include "tests/support/tmp_folder.h"

static void must(int result, const struct gw_error *err)
{
    if (result == 0)
        return;
    (void)fprintf(stderr, "fixture: %s\n", err->message);
    abort();
}

char *host_fixture_path(const struct host_fixture *fixture, const char *name)
{
    return gw_strf("%s/%s", fixture->root, name);
}

struct host_fixture *host_fixture_new(void)
{
    static const char *const folders[] = {"pool", "shared", "boot", "data"};
    struct gw_error err = {0};
    struct host_fixture *f = calloc(1, sizeof *f);
    if (!f)
        abort();
    f->root = tmp_folder_make();
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char *path = host_fixture_path(f, folders[i]);
        must(gw_dir_make(path, &err), &err);
        free(path);
    }
    const char *r = f->root;
    char *text = gw_strf("data_dir = %s/data\nhost_name = h1\nhost_dir = %s/host\n"
                         "scheduler = ipc://%s/scheduler.sock\nlisten = tcp://127.0.0.1:0\n"
                         "management_address = 127.0.0.1\nmigration_address = 127.0.0.1\n"
                         "pool = data:local:%s/pool\npool = common:shared:%s/shared\n"
                         "bridge = br0\nboot_dir = %s/boot\naccelerator = tcg\n",
                         r, r, r, r, r, r);
    size_t n_keys = 0;
    const struct gw_config_key *keys = gw_host_settings_keys(&n_keys);
    must(gw_config_parse(keys, n_keys, "fixture", text, &f->settings, &err), &err);
    free(text);
    must(gw_host_settings_check(&f->settings, &err), &err);
    must(gw_host_init(&f->host, &f->settings, &err), &err);
    return f;
}

void host_fixture_free(struct host_fixture *fixture)
{
    size_t n_keys = 0;
    const struct gw_config_key *keys = gw_host_settings_keys(&n_keys);
    gw_config_fini(keys, n_keys, &fixture->settings);
    tmp_folder_remove(fixture->root);
    free(fixture);
}

struct gw_guest_spec *host_fixture_spec(void)
{
    struct gw_error err = {0};
    struct gw_guest_spec *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    strcpy(s->name, "web-1");
    strcpy(s->uuid, FIXTURE_UUID);
    s->memory_bytes = UINT64_C(64) << 20;
    s->n_disks = 1;
    strcpy(s->disks[0].name, "root");
    strcpy(s->disks[0].pool, "data");
    s->disks[0].size_bytes = UINT64_C(8) << 20;
    must(gw_guest_spec_fill(s, "pc-q35-7.2", "qemu64", &err), &err);
    return s;
}
