/* Each field of a guest spec: what is refused, and under which name. */
#include "tests/support/test.h"

#include <stdlib.h>

#include "base/str.h"
#include "core/guest_spec.h"

static void good_spec(struct gw_guest_spec *s)
{
    memset(s, 0, sizeof *s);
    strcpy(s->name, "web-1");
    strcpy(s->uuid, "11111111-2222-4333-8444-555555555555");
    s->memory_bytes = UINT64_C(512) << 20;
    s->n_disks = 2;
    strcpy(s->disks[0].name, "root");
    strcpy(s->disks[0].pool, "data");
    s->disks[0].size_bytes = UINT64_C(1) << 30;
    strcpy(s->disks[1].name, "log");
    strcpy(s->disks[1].pool, "data");
    s->disks[1].format = GW_DISK_FORMAT_RAW;
    s->disks[1].size_bytes = UINT64_C(1) << 20;
    s->n_nics = 1;
    strcpy(s->nics[0].bridge, "br0");
    s->n_labels = 1;
    strcpy(s->labels[0].key, "team");
    strcpy(s->labels[0].value, "a b");
}

static int setup(void **state)
{
    *state = malloc(sizeof(struct gw_guest_spec));
    if (!*state)
        return -1;
    good_spec(*state);
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static void refuses(const struct gw_guest_spec *s, const char *field, const char *part)
{
    struct gw_error err = {0};
    assert_int_equal(gw_guest_spec_validate(s, &err), -1);
    assert_error(&err, GW_INVALID_ARGUMENT, part);
    assert_string_equal(err.field, field);
    assert_contains(err.message, field);
}

static void a_good_spec_passes(void **state)
{
    struct gw_error err = {0};
    assert_int_equal(gw_guest_spec_validate(*state, &err), 0);
    assert_false(gw_error_is_set(&err));
}

static void bad_names_are_refused(void **state)
{
    static const char *const bad[] = {"",    "..",   "a/b", "../a",  "a.b", "1a",
                                      "a b", "a\nb", "-a",  "a\x7f", "a,b", "\xc3\xa4"};
    struct gw_guest_spec *s = *state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        good_spec(s);
        strcpy(s->name, bad[i]);
        refuses(s, "spec.name", "spec.name");
        good_spec(s);
        strcpy(s->disks[1].name, bad[i]);
        refuses(s, "spec.disks[1].name", "name");
        good_spec(s);
        strcpy(s->disks[1].pool, bad[i]);
        refuses(s, "spec.disks[1].pool", "pool");
    }
}

static void a_name_at_its_limit_passes_and_one_past_does_not(void **state)
{
    struct gw_guest_spec *s = *state;
    struct gw_error err = {0};
    memset(s->name, 'n', GW_NAME_MAX);
    memset(s->disks[0].name, 'd', GW_GUEST_DISK_NAME_MAX);
    assert_int_equal(gw_guest_spec_validate(s, &err), 0);
}

static void bad_uuids_are_refused(void **state)
{
    struct gw_guest_spec *s = *state;
    s->uuid[0] = 'A';
    refuses(s, "spec.uuid", "uuid");
    strcpy(s->uuid, "../../etc");
    refuses(s, "spec.uuid", "uuid");
    s->uuid[0] = '\0';
    assert_int_equal(gw_guest_spec_validate(s, NULL), 0);
}

static void sizes_out_of_range_are_refused(void **state)
{
    static const struct {
        uint64_t bytes;
        const char *part;
    } bad[] = {
        {0, "missing"},
        {1, "outside"},
        {UINT64_MAX, "negative"},
        {UINT64_C(1) << 63, "negative"},
        {UINT64_C(1) << 62, "outside"},
        {(UINT64_C(512) << 20) + 1, "multiple"},
    };
    struct gw_guest_spec *s = *state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        good_spec(s);
        s->memory_bytes = bad[i].bytes;
        refuses(s, "spec.memory_bytes", bad[i].part);
        good_spec(s);
        s->disks[1].size_bytes = bad[i].bytes;
        refuses(s, "spec.disks[1].size_bytes", bad[i].part);
    }
}

static void sizes_at_the_limits_pass(void **state)
{
    struct gw_guest_spec *s = *state;
    s->memory_bytes = GW_GUEST_MEMORY_MAX_BYTES;
    s->disks[0].size_bytes = GW_GUEST_DISK_MAX_BYTES;
    assert_int_equal(gw_guest_spec_validate(s, NULL), 0);
    s->memory_bytes = GW_GUEST_MEMORY_MIN_BYTES;
    s->disks[0].size_bytes = GW_GUEST_DISK_MIN_BYTES;
    assert_int_equal(gw_guest_spec_validate(s, NULL), 0);
}

static void too_many_vcpus_are_refused(void **state)
{
    struct gw_guest_spec *s = *state;
    s->vcpus = GW_GUEST_VCPUS_MAX + 1;
    refuses(s, "spec.vcpus", "513");
}

static void qemu_names_cannot_inject_options(void **state)
{
    struct gw_guest_spec *s = *state;
    strcpy(s->machine_type, "q35,accel=kvm");
    refuses(s, "spec.machine_type", "letters");
    strcpy(s->machine_type, "-q35");
    refuses(s, "spec.machine_type", "letters");
    strcpy(s->machine_type, "pc-q35-7.2");
    strcpy(s->cpu_model, "qemu64 -daemonize");
    refuses(s, "spec.cpu_model", "letters");
    strcpy(s->cpu_model, "qemu64,+ssse3,x2apic=on");
    assert_int_equal(gw_guest_spec_validate(s, NULL), 0);
}

static void files_outside_their_folder_are_refused(void **state)
{
    static const char *const bad[] = {"../x", "/etc/passwd", "a/b",  ".hidden", "a..b",
                                      "-x",   "a b",         "a\tb", "..",      "."};
    struct gw_guest_spec *s = *state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        good_spec(s);
        strcpy(s->disks[0].file, bad[i]);
        refuses(s, "spec.disks[0].file", "plain file name");
        good_spec(s);
        strcpy(s->kernel, bad[i]);
        refuses(s, "spec.kernel", "plain file name");
        good_spec(s);
        strcpy(s->initrd, bad[i]);
        refuses(s, "spec.initrd", "plain file name");
        good_spec(s);
        strcpy(s->firmware, bad[i]);
        refuses(s, "spec.firmware", "plain file name");
    }
}

static void duplicate_disks_are_refused(void **state)
{
    struct gw_guest_spec *s = *state;
    strcpy(s->disks[1].name, "root");
    refuses(s, "spec.disks[1].name", "disk 0");
    good_spec(s);
    strcpy(s->disks[0].file, "x.img");
    strcpy(s->disks[1].file, "x.img");
    refuses(s, "spec.disks[1].file", "disk 0");
    strcpy(s->disks[1].pool, "other");
    assert_int_equal(gw_guest_spec_validate(s, NULL), 0);
}

static void unknown_formats_are_refused(void **state)
{
    struct gw_guest_spec *s = *state;
    int vmdk = 7;
    memcpy(&s->disks[1].format, &vmdk, sizeof vmdk);
    refuses(s, "spec.disks[1].format", "RAW or QCOW2");
}

static void bad_nics_are_refused(void **state)
{
    static const char *const bad_macs[] = {"52:54:00:00:00", "53:54:00:00:00:01",
                                           "52-54-00-00-00-1", "52:54:00:00:00:0g"};
    struct gw_guest_spec *s = *state;
    for (size_t i = 0; i < sizeof bad_macs / sizeof *bad_macs; i++) {
        strcpy(s->nics[0].mac, bad_macs[i]);
        refuses(s, "spec.nics[0].mac", "unicast");
    }
    good_spec(s);
    strcpy(s->nics[0].bridge, "br0/..");
    refuses(s, "spec.nics[0].bridge", "interface");
    s->nics[0].bridge[0] = '\0';
    refuses(s, "spec.nics[0].bridge", "interface");
    good_spec(s);
    s->n_nics = 2;
    s->nics[1] = s->nics[0];
    strcpy(s->nics[0].mac, "52:54:00:00:00:0a");
    strcpy(s->nics[1].mac, "52:54:00:00:00:0A");
    refuses(s, "spec.nics[1].mac", "NIC 0");
}

static void bad_labels_are_refused(void **state)
{
    struct gw_guest_spec *s = *state;
    strcpy(s->labels[0].key, "a b");
    refuses(s, "spec.labels[0].key", "letters");
    strcpy(s->labels[0].key, "team");
    strcpy(s->labels[0].value, "a\nb");
    refuses(s, "spec.labels[0].value", "control character 10");
    good_spec(s);
    s->n_labels = 2;
    s->labels[1] = s->labels[0];
    refuses(s, "spec.labels[1].key", "label 0");
}

static void boot_fields_need_a_kernel(void **state)
{
    struct gw_guest_spec *s = *state;
    strcpy(s->initrd, "initrd.img");
    refuses(s, "spec.initrd", "kernel");
    strcpy(s->kernel, "vmlinuz");
    strcpy(s->cmdline, "console=ttyS0\x1b[2J");
    refuses(s, "spec.cmdline", "control character 27");
    strcpy(s->cmdline, "console=ttyS0");
    assert_int_equal(gw_guest_spec_validate(s, NULL), 0);
    s->kernel[0] = s->initrd[0] = '\0';
    refuses(s, "spec.cmdline", "kernel");
}

static void too_many_items_are_refused(void **state)
{
    struct gw_guest_spec *s = *state;
    s->n_disks = GW_GUEST_DISKS_MAX + 1;
    refuses(s, "spec.disks", "33");
    good_spec(s);
    s->n_nics = GW_GUEST_NICS_MAX + 1;
    refuses(s, "spec.nics", "17");
    good_spec(s);
    s->n_labels = GW_GUEST_LABELS_MAX + 1;
    refuses(s, "spec.labels", "65");
}

static void filling_in_makes_a_whole_spec(void **state)
{
    struct gw_guest_spec *s = *state;
    struct gw_error err = {0};
    assert_int_equal(gw_guest_spec_validate_filled(s, &err), -1);
    assert_string_equal(err.field, "spec.vcpus");
    assert_int_equal(gw_guest_spec_fill(s, "pc-q35-7.2", "qemu64", &err), 0);
    assert_int_equal(gw_guest_spec_validate_filled(s, &err), 0);
    assert_int_equal(s->vcpus, 1);
    assert_string_equal(s->machine_type, "pc-q35-7.2");
    assert_string_equal(s->cpu_model, "qemu64");
    assert_string_equal(s->disks[0].file, "11111111-2222-4333-8444-555555555555-root.qcow2");
    assert_string_equal(s->disks[1].file, "11111111-2222-4333-8444-555555555555-log.raw");
    assert_true(gw_mac_is_valid(s->nics[0].mac));
    assert_memory_equal(s->nics[0].mac, "52:54:00:", 9);
}

static void filling_in_keeps_what_is_given(void **state)
{
    struct gw_guest_spec *s = *state;
    s->vcpus = 3;
    strcpy(s->machine_type, "pc-q35-6.0");
    strcpy(s->nics[0].mac, "02:00:00:00:00:01");
    assert_int_equal(gw_guest_spec_fill(s, "pc-q35-7.2", "qemu64", NULL), 0);
    assert_int_equal(s->vcpus, 3);
    assert_string_equal(s->machine_type, "pc-q35-6.0");
    assert_string_equal(s->nics[0].mac, "02:00:00:00:00:01");
}

static void a_default_file_that_is_taken_is_refused(void **state)
{
    struct gw_guest_spec *s = *state;
    struct gw_error err = {0};
    strcpy(s->disks[1].file, "11111111-2222-4333-8444-555555555555-root.qcow2");
    assert_int_equal(gw_guest_spec_fill(s, "q35", "qemu64", &err), -1);
    assert_string_equal(err.field, "spec.disks[1].file");
}

static void default_macs_differ_by_guest_and_nic(void **state)
{
    char a[GW_GUEST_MAC_LEN + 1];
    char b[GW_GUEST_MAC_LEN + 1];
    const struct gw_guest_spec *s = *state;
    gw_guest_default_mac(s->uuid, 0, a);
    gw_guest_default_mac(s->uuid, 1, b);
    assert_string_not_equal(a, b);
    gw_guest_default_mac("11111111-2222-4333-8444-555555555556", 0, b);
    assert_string_not_equal(a, b);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_good_spec_passes),
        CASE(bad_names_are_refused),
        CASE(a_name_at_its_limit_passes_and_one_past_does_not),
        CASE(bad_uuids_are_refused),
        CASE(sizes_out_of_range_are_refused),
        CASE(sizes_at_the_limits_pass),
        CASE(too_many_vcpus_are_refused),
        CASE(qemu_names_cannot_inject_options),
        CASE(files_outside_their_folder_are_refused),
        CASE(duplicate_disks_are_refused),
        CASE(unknown_formats_are_refused),
        CASE(bad_nics_are_refused),
        CASE(bad_labels_are_refused),
        CASE(boot_fields_need_a_kernel),
        CASE(too_many_items_are_refused),
        CASE(filling_in_makes_a_whole_spec),
        CASE(filling_in_keeps_what_is_given),
        CASE(a_default_file_that_is_taken_is_refused),
        CASE(default_macs_differ_by_guest_and_nic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
