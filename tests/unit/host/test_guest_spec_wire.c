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
        cmocka_unit_test(too_many_items_name_the_list),
        cmocka_unit_test(text_of_a_spec_can_be_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
