#ifndef GW_TESTS_UNIT_HOST_FIXTURE_H
#define GW_TESTS_UNIT_HOST_FIXTURE_H
/* A host in a folder of the test's own: pools `data` (local) and `shared`, a boot folder. */

#include "core/guest_spec.h"
#include "host/host.h"

#define FIXTURE_UUID "11111111-2222-4333-8444-555555555555"

struct host_fixture {
    char *root;
    struct gw_host_settings settings;
    struct gw_host host;
};

/* Settings from text plus these defaults, host initialised. Aborts when it cannot be made. */
struct host_fixture *host_fixture_new(void);
void host_fixture_free(struct host_fixture *fixture);
/* ROOT/NAME, malloc'd. */
char *host_fixture_path(const struct host_fixture *fixture, const char *name);
/* A filled-in spec with one qcow2 disk `root` in pool `data`; to be freed by free(). */
struct gw_guest_spec *host_fixture_spec(void);

#endif
