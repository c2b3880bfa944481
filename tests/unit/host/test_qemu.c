/* QEMU's command line: what must be there, and that nothing can be smuggled in. */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "host/disk.h"
#include "host/qemu.h"
#include "tests/unit/host/host_fixture.h"

static struct gw_qemu_plan plan_of(const struct gw_guest_spec *spec)
{
    struct gw_qemu_plan plan = {.spec = spec,
                                .qemu = "/usr/bin/qemu-system-x86_64",
                                .accelerator = GW_ACCELERATOR_TCG,
                                .console_path = "/run/h,1/console.log",
                                .source_qmp_fd = 5,
                                .target_qmp_fd = 6};
    for (size_t i = 0; i < spec->n_disks; i++)
        plan.disk_paths[i] = "/pool/a,readonly=on\".qcow2";
    for (size_t i = 0; i < spec->n_nics; i++)
        plan.tap_fds[i] = 10 + (int)i;
    return plan;
}

/* The whole command line with a newline after each argument, for looking things up. */
static char *joined(const struct gw_argv *argv)
{
    struct gw_str text;
    gw_str_init(&text, 256 * 1024);
    for (size_t i = 0; i < argv->n_items; i++)
        gw_str_appendf(&text, "%s\n", argv->items[i]);
    return gw_str_take(&text);
}

static char *line_of(const struct gw_qemu_plan *plan)
{
    struct gw_argv argv;
    struct gw_error err = {0};
    assert_int_equal(gw_qemu_argv(plan, &argv, &err), 0);
    assert_null(argv.items[argv.n_items]);
    char *text = joined(&argv);
    gw_argv_fini(&argv);
    assert_non_null(text);
    return text;
}

static void it_always_starts_paused_and_bare(void **state)
{
    (void)state;
    struct gw_guest_spec *spec = host_fixture_spec();
    struct gw_qemu_plan plan = plan_of(spec);
    char *line = line_of(&plan);
    assert_contains(line, "\n-S\n");
    assert_contains(line, "\n-nodefaults\n-no-user-config\n");
    assert_contains(line, "\n-machine\npc-q35-7.2,accel=tcg,");
    assert_contains(line, "\n-m\nsize=65536k\n");
    assert_contains(line, "\n-cpu\nqemu64\n");
    assert_contains(line, "\n-uuid\n" FIXTURE_UUID "\n");
    assert_contains(line, "socket,id=qmp-source,fd=5,server=on,wait=off");
    assert_contains(line, "socket,id=qmp-target,fd=6,server=on,wait=off");
    assert_null(strstr(line, "-incoming"));
    free(line);
    free(spec);
}

static void an_incoming_one_waits_for_its_uri(void **state)
{
    (void)state;
    struct gw_guest_spec *spec = host_fixture_spec();
    struct gw_qemu_plan plan = plan_of(spec);
    plan.is_incoming = true;
    plan.accelerator = GW_ACCELERATOR_KVM;
    char *line = line_of(&plan);
    assert_contains(line, "\n-incoming\ndefer\n");
    assert_contains(line, ",accel=kvm,");
    free(line);
    free(spec);
}

static void disks_are_json_with_explicit_format(void **state)
{
    (void)state;
    struct gw_guest_spec *spec = host_fixture_spec();
    struct gw_qemu_plan plan = plan_of(spec);
    char *line = line_of(&plan);
    assert_contains(line, "{\"driver\":\"file\",\"node-name\":\"file-root\",\"filename\":"
                          "\"/pool/a,readonly=on\\\".qcow2\",\"cache\":{\"direct\":true,");
    assert_contains(line,
                    "{\"driver\":\"qcow2\",\"node-name\":\"disk-root\",\"file\":\"file-root\"");
    assert_contains(line, "\"discard\":\"unmap\"");
    assert_contains(line, "{\"driver\":\"virtio-blk-pci\",\"id\":\"dev-disk-root\"");
    assert_contains(line, "\"bootindex\":1");
    free(line);
    free(spec);
}

static void commas_in_the_console_path_are_escaped(void **state)
{
    (void)state;
    struct gw_guest_spec *spec = host_fixture_spec();
    struct gw_qemu_plan plan = plan_of(spec);
    char *line = line_of(&plan);
    assert_contains(line, "file,id=console,path=/run/h,,1/console.log,append=on");
    free(line);
    free(spec);
}

static void a_kernel_is_booted_with_its_command_line(void **state)
{
    (void)state;
    struct gw_guest_spec *spec = host_fixture_spec();
    strcpy(spec->kernel, "vmlinuz");
    strcpy(spec->initrd, "initrd");
    strcpy(spec->cmdline, "console=ttyS0 quiet");
    struct gw_qemu_plan plan = plan_of(spec);
    plan.kernel_path = "/boot/vmlinuz";
    plan.initrd_path = "/boot/initrd";
    char *line = line_of(&plan);
    assert_contains(
        line, "-kernel\n/boot/vmlinuz\n-initrd\n/boot/initrd\n-append\nconsole=ttyS0 quiet\n");
    assert_null(strstr(line, "bootindex"));
    free(line);
    free(spec);
}

static void a_guest_at_all_limits_fits(void **state)
{
    (void)state;
    struct gw_guest_spec *spec = host_fixture_spec();
    for (spec->n_disks = 0; spec->n_disks < GW_GUEST_DISKS_MAX; spec->n_disks++) {
        struct gw_guest_disk *disk = &spec->disks[spec->n_disks];
        strcpy(disk->pool, "data");
        disk->format = GW_DISK_FORMAT_RAW;
        disk->size_bytes = 1 << 20;
        (void)snprintf(disk->name, sizeof disk->name, "d%025zu", spec->n_disks);
        (void)snprintf(disk->file, sizeof disk->file, "d%zu", spec->n_disks);
    }
    for (spec->n_nics = 0; spec->n_nics < GW_GUEST_NICS_MAX; spec->n_nics++) {
        strcpy(spec->nics[spec->n_nics].bridge, "br0");
        gw_guest_default_mac(spec->uuid, spec->n_nics, spec->nics[spec->n_nics].mac);
    }
    struct gw_qemu_plan plan = plan_of(spec);
    char *line = line_of(&plan);
    assert_contains(line, "\"addr\":\"4.0\"");
    assert_contains(line, "\"addr\":\"7.7\"");
    assert_contains(line, "\"addr\":\"8.0\"");
    assert_contains(line, "\"addr\":\"9.7\"");
    assert_contains(line, "tap,id=net-15,fd=25,vhost=off");
    free(line);
    free(spec);
}

static void node_names_fit_qemus_limit(void **state)
{
    (void)state;
    char node[GW_NODE_NAME_MAX + 1];
    gw_disk_node_name(node, "abcdefghijklmnopqrstuvwxyz");
    assert_string_equal(node, "disk-abcdefghijklmnopqrstuvwxyz");
    gw_file_node_name(node, "root");
    assert_string_equal(node, "file-root");
}

static void a_spec_with_holes_is_refused(void **state)
{
    (void)state;
    struct gw_argv argv;
    struct gw_error err = {0};
    struct gw_guest_spec *spec = host_fixture_spec();
    spec->machine_type[0] = '\0';
    struct gw_qemu_plan plan = plan_of(spec);
    assert_int_equal(gw_qemu_argv(&plan, &argv, &err), -1);
    assert_string_equal(err.field, "spec.machine_type");
    free(spec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_always_starts_paused_and_bare),
        cmocka_unit_test(an_incoming_one_waits_for_its_uri),
        cmocka_unit_test(disks_are_json_with_explicit_format),
        cmocka_unit_test(commas_in_the_console_path_are_escaped),
        cmocka_unit_test(a_kernel_is_booted_with_its_command_line),
        cmocka_unit_test(a_guest_at_all_limits_fits),
        cmocka_unit_test(node_names_fit_qemus_limit),
        cmocka_unit_test(a_spec_with_holes_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
