/* The spec's way over the wire: every field both ways, and what does not fit. */
#include "tests/support/test.h"

#include <stdlib.h>

#include "tests/unit/host/host_fixture.h"
#include "wire/guest_spec.h"

static void every_field_survives_both_ways(void **state)
{
    (void)state;
    struct gw_error err = {0};
    struct gw_guest_spec *spec = host_fixture_spec();
    strcpy(spec->kernel, "vmlinuz");
    strcpy(spec->initrd, "initrd");
    strcpy(spec->cmdline, "quiet \"x\"");
    strcpy(spec->firmware, "ovmf.fd");
    spec->disks[0].is_readonly = true;
    spec->n_nics = 1;
    strcpy(spec->nics[0].bridge, "br0");
    strcpy(spec->nics[0].mac, "52:54:00:01:02:03");
    spec->n_labels = 1;
    strcpy(spec->labels[0].key, "team");
    strcpy(spec->labels[0].value, "storage");
    spec->is_migration_stateful = true;
    Godwit__V1__GuestSpec *message = gw_wire_guest_spec_encode(spec, &err);
    assert_non_null(message);
    struct gw_guest_spec *again = gw_wire_guest_spec_new(message, &err);
    assert_non_null(again);
    assert_memory_equal(spec, again, sizeof *spec);
    godwit__v1__guest_spec__free_unpacked(message, NULL);
    free(again);
    free(spec);
}

static void a_missing_spec_is_refused(void **state)
{
    (void)state;
    struct gw_error err = {0};
    assert_null(gw_wire_guest_spec_new(NULL, &err));
    assert_error_code(&err, GW_INVALID_ARGUMENT);
    assert_string_equal(err.field, "spec");
}

static void text_past_its_limit_names_the_field(void **state)
{
    (void)state;
    struct gw_error err = {0};
    struct gw_guest_spec *spec = host_fixture_spec();
    Godwit__V1__GuestSpec *message = gw_wire_guest_spec_encode(spec, &err);
    char *was = message->disks[0]->name;
    char longer[GW_GUEST_DISK_NAME_MAX + 2] = {0};
    memset(longer, 'd', sizeof longer - 1);
    message->disks[0]->name = longer;
    assert_null(gw_wire_guest_spec_new(message, &err));
    assert_error(&err, GW_INVALID_ARGUMENT, "27 bytes");
    assert_string_equal(err.field, "spec.disks[0].name");
    message->disks[0]->name = was;
    godwit__v1__guest_spec__free_unpacked(message, NULL);
    free(spec);
}

struct text_limit {
    char **slot;
    size_t max;
    char letter; /* allowed in the field */
    const char *field;
};

/* A text at the field's limit, and one byte more. */
static void assert_limit(const Godwit__V1__GuestSpec *message, const struct text_limit *limit)
{
    char text[GW_GUEST_CMDLINE_MAX + 2] = {0};
    struct gw_error err = {0};
    char *was = *limit->slot;
    memset(text, limit->letter, limit->max);
    *limit->slot = text;
    struct gw_guest_spec *spec = gw_wire_guest_spec_new(message, &err);
    if (!spec)
        fail_msg("%s at its limit: %s", limit->field, err.message);
    free(spec);
    text[limit->max] = limit->letter;
    assert_null(gw_wire_guest_spec_new(message, &err));
    assert_error_code(&err, GW_INVALID_ARGUMENT);
    assert_string_equal(err.field, limit->field);
    *limit->slot = was;
}

static void every_text_passes_at_its_limit_and_not_past_it(void **state)
{
    (void)state;
    struct gw_guest_spec *spec = host_fixture_spec();
    spec->n_nics = spec->n_labels = 1;
    strcpy(spec->nics[0].bridge, "br0");
    strcpy(spec->labels[0].key, "team");
    strcpy(spec->kernel, "vmlinuz");
    Godwit__V1__GuestSpec *m = gw_wire_guest_spec_encode(spec, NULL);
    assert_non_null(m);
    const struct text_limit limits[] = {
        {&m->name, GW_NAME_MAX, 'n', "spec.name"},
        {&m->machine_type, GW_GUEST_QEMU_NAME_MAX, 'm', "spec.machine_type"},
        {&m->cpu_model, GW_GUEST_QEMU_NAME_MAX, 'c', "spec.cpu_model"},
        {&m->kernel, GW_FILE_NAME_MAX, 'k', "spec.kernel"},
        {&m->initrd, GW_FILE_NAME_MAX, 'i', "spec.initrd"},
        {&m->cmdline, GW_GUEST_CMDLINE_MAX, ' ', "spec.cmdline"},
        {&m->firmware, GW_FILE_NAME_MAX, 'f', "spec.firmware"},
        {&m->disks[0]->name, GW_GUEST_DISK_NAME_MAX, 'd', "spec.disks[0].name"},
        {&m->disks[0]->pool, GW_NAME_MAX, 'p', "spec.disks[0].pool"},
        {&m->disks[0]->file, GW_FILE_NAME_MAX, 'f', "spec.disks[0].file"},
        {&m->nics[0]->bridge, GW_GUEST_BRIDGE_NAME_MAX, 'b', "spec.nics[0].bridge"},
        {&m->labels[0]->key, GW_NAME_MAX, 'k', "spec.labels[0].key"},
        {&m->labels[0]->value, GW_GUEST_LABEL_VALUE_MAX, 'v', "spec.labels[0].value"},
    };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        assert_limit(m, &limits[i]);
    godwit__v1__guest_spec__free_unpacked(m, NULL);
    free(spec);
}

static void too_many_items_name_the_list(void **state)
{
    (void)state;
    struct gw_error err = {0};
    Godwit__V1__GuestSpec message = GODWIT__V1__GUEST_SPEC__INIT;
    message.n_labels = 1000000;
    assert_null(gw_wire_guest_spec_new(&message, &err));
    assert_string_equal(err.field, "spec.labels");
}

static void text_of_a_spec_can_be_read_back(void **state)
{
    (void)state;
    struct gw_error err = {0};
    struct gw_guest_spec *spec = host_fixture_spec();
    char *text = gw_wire_guest_spec_to_text(spec, &err);
    assert_non_null(text);
    struct gw_guest_spec *again = gw_wire_guest_spec_from_text(text, strlen(text), &err);
    assert_non_null(again);
    assert_memory_equal(spec, again, sizeof *spec);
    free(again);
    assert_null(gw_wire_guest_spec_from_text("{\"nmae\":\"x\"}", 12, &err));
    assert_error_code(&err, GW_INVALID_ARGUMENT);
    free(text);
    free(spec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_survives_both_ways),
        cmocka_unit_test(a_missing_spec_is_refused),
        cmocka_unit_test(text_past_its_limit_names_the_field),
        cmocka_unit_test(every_text_passes_at_its_limit_and_not_past_it),
        cmocka_unit_test(too_many_items_name_the_list),
        cmocka_unit_test(text_of_a_spec_can_be_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
