/* The trash as a source tells of it and minds it. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "host/trash.h"
#include "services/source/trash_reply_rpc.h"
#include "source_case.h"

#define DELETE                                                                                     \
    "{\"attempt\":{\"guestUuid\":\"" CASE_UUID "\",\"epoch\":\"4\"},"                              \
    "\"disks\":[\"local/vm1-d0.raw\"]}"

static uint64_t now_s(void)
{
    return gw_clock_wall_us(gw_clock_system()) / 1000000;
}

static bool is_there(struct source_case *c, const char *name)
{
    GW_AUTO_FREE char *path = gw_strf("%s/%s", c->folder, name);
    struct stat st;
    return lstat(path, &st) == 0;
}

static void write_file(struct source_case *c, const char *name)
{
    GW_AUTO_FREE char *path = gw_strf("%s/%s", c->folder, name);
    assert_int_equal(gw_file_replace(path, "data", 4, NULL), 0);
}

/* pool/@file goes to the trash, as of @age_s ago. */
static void trash(struct source_case *c, const char *file, uint64_t age_s)
{
    struct gw_error err = {0};
    struct gw_trash_label label = {.guest_uuid = CASE_UUID,
                                   .guest_name = "vm1",
                                   .disk = "d0",
                                   .pool = "local",
                                   .migration_id = CASE_MIGRATION,
                                   .epoch = 4,
                                   .trashed_at_s = now_s() - age_s};
    GW_AUTO_FREE char *name = gw_strf("pool/%s", file);
    (void)gw_str_copy(label.file, sizeof label.file, file);
    write_file(c, name);
    if (gw_trash_put(&c->host, &label, NULL, &err) != 0)
        fail_msg("%s", err.message);
}

static char *list(struct source_case *c)
{
    struct gw_error err = {0};
    char *reply = source_case_call(c, "ListTrash", "{}", &err);
    if (reply == NULL)
        fail_msg("%s", err.message);
    return reply;
}

/* The id in a list of one. */
static void only_id(struct source_case *c, char out[GW_TRASH_ID_DIGITS + 1])
{
    GW_AUTO_FREE char *reply = list(c);
    const char *at = strstr(reply, "\"id\":\"");
    assert_non_null(at);
    assert_null(strstr(at + 6, "\"id\":\""));
    (void)snprintf(out, GW_TRASH_ID_DIGITS + 1, "%s", at + 6);
    assert_true(gw_trash_id_is_valid(out));
}

static char *with_id(const char *id)
{
    return gw_strf("{\"id\":\"%s\"}", id);
}

static void a_deleted_guests_disk_is_listed_and_comes_back(void **state)
{
    struct source_case *c = *state;
    struct gw_error err = {0};
    char id[GW_TRASH_ID_DIGITS + 1];

    source_case_guest(c, 1, 4);
    source_case_up(c);
    source_case_ok(c, "Retire", DELETE);
    assert_false(is_there(c, "pool/vm1-d0.raw"));
    GW_AUTO_FREE char *reply = list(c);
    assert_contains(reply, "\"host\":\"h1\",\"pool\":\"local\",\"guestUuid\":\"" CASE_UUID
                           "\",\"guestName\":\"vm1\",\"disk\":\"d0\",\"file\":\"vm1-d0.raw\","
                           "\"epoch\":\"4\"");
    assert_contains(reply, "\"sizeBytes\":\"1048576\"");
    assert_contains(reply, "\"trashedAt\":");
    assert_contains(reply, "\"expiresAt\":");
    only_id(c, id);
    GW_AUTO_FREE char *request = with_id(id);
    GW_AUTO_FREE char *restored = source_case_call(c, "RestoreTrash", request, &err);
    assert_non_null(restored);
    assert_contains(restored, "\"file\":\"vm1-d0.raw\"}");
    assert_true(is_there(c, "pool/vm1-d0.raw"));
    GW_AUTO_FREE char *after = list(c);
    assert_string_equal(after, "{}");
    source_case_fails(c, "RestoreTrash", request, GW_NOT_FOUND, "TRASH_NOT_FOUND");
}

static void a_disk_that_its_guest_has_stays_in_the_trash(void **state)
{
    struct source_case *c = *state;
    char id[GW_TRASH_ID_DIGITS + 1];

    source_case_guest(c, 1, 4);
    trash(c, "vm1-old.raw", 10);
    source_case_up(c);
    only_id(c, id);
    GW_AUTO_FREE char *request = with_id(id);
    source_case_fails(c, "RestoreTrash", request, GW_FAILED_PRECONDITION, "GUEST_HOLDS_DISK");
    only_id(c, id);
    assert_true(is_there(c, "pool/vm1-d0.raw"));
}

static void purge_takes_one_entry_or_those_of_an_age(void **state)
{
    struct source_case *c = *state;
    struct gw_error err = {0};
    char id[GW_TRASH_ID_DIGITS + 1];

    trash(c, "young.raw", 10);
    trash(c, "old.raw", 7200);
    source_case_up(c);
    GW_AUTO_FREE char *gone = source_case_call(c, "PurgeTrash", "{\"olderThanHours\":2}", &err);
    assert_non_null(gone);
    assert_contains(gone, "old.raw");
    assert_null(strstr(gone, "young.raw"));
    only_id(c, id);
    GW_AUTO_FREE char *request = with_id(id);
    GW_AUTO_FREE char *second = source_case_call(c, "PurgeTrash", request, &err);
    assert_non_null(second);
    assert_contains(second, "young.raw");
    GW_AUTO_FREE char *after = list(c);
    assert_string_equal(after, "{}");
}

static void nothing_but_the_trash_can_be_named(void **state)
{
    struct source_case *c = *state;
    static const char *const bad[] = {
        "local/vm1-d0.raw",
        "../pool/vm1-d0.raw",
        "../../etc/passwd",
        "vm1-d0.raw",
        ".",
        "..",
        "common/.trash/x",
        "/etc/passwd",
        "0123456789abcde.",
        "0123456789abcde/",
        "0123456789ABCDEF",
        CASE_UUID "-1700000000-vm1-d0.raw",
    };

    source_case_guest(c, 1, 4);
    trash(c, "a.raw", 10);
    source_case_up(c);
    for (size_t i = 0; i < GW_ARRAY_LEN(bad); i++) {
        GW_AUTO_FREE char *request = with_id(bad[i]);
        source_case_fails(c, "RestoreTrash", request, GW_INVALID_ARGUMENT, "");
        source_case_fails(c, "PurgeTrash", request, GW_INVALID_ARGUMENT, "");
        source_case_fails(c, "ListTrash", request, GW_INVALID_ARGUMENT, "");
    }
    source_case_fails(c, "PurgeTrash", "{}", GW_INVALID_ARGUMENT, "");
    source_case_fails(c, "RestoreTrash", "{}", GW_INVALID_ARGUMENT, "");
    source_case_fails(c, "PurgeTrash", "{\"id\":\"0123456789abcdef\",\"olderThanHours\":1}",
                      GW_INVALID_ARGUMENT, "");
    source_case_fails(c, "PurgeTrash", "{\"id\":\"0123456789abcdef\",\"host\":\"h2\"}",
                      GW_INVALID_ARGUMENT, "");
    source_case_fails(c, "PurgeTrash", "{\"id\":\"0123456789abcdef\"}", GW_NOT_FOUND,
                      "TRASH_NOT_FOUND");
    assert_true(is_there(c, "pool/vm1-d0.raw"));
    GW_AUTO_FREE char *after = list(c);
    assert_contains(after, "a.raw");
}

static void an_unknown_file_is_shown_and_stays(void **state)
{
    struct source_case *c = *state;
    char id[GW_TRASH_ID_DIGITS + 1];

    trash(c, "old.raw", 1000 * 3600);
    write_file(c, "pool/.trash/what\xff.raw");
    source_case_up(c); /* old.raw goes by its age */
    source_case_run_for(c, 100);
    GW_AUTO_FREE char *reply = list(c);
    assert_contains(reply, "\"unknown\":true");
    assert_contains(reply, "\"name\":\"what?.raw\"");
    only_id(c, id);
    GW_AUTO_FREE char *request = with_id(id);
    source_case_fails(c, "RestoreTrash", request, GW_FAILED_PRECONDITION, "TRASH_UNKNOWN");
    source_case_ok(c, "PurgeTrash", "{\"olderThanHours\":1}");
    assert_true(is_there(c, "pool/.trash/what\xff.raw"));
    source_case_ok(c, "PurgeTrash", request);
    assert_false(is_there(c, "pool/.trash/what\xff.raw"));
}

static bool has_no_old(void *arg)
{
    struct source_case *c = arg;
    struct gw_trash_list found;
    bool is_gone = true;

    assert_int_equal(gw_trash_list(&c->host, &found, NULL), 0);
    for (size_t i = 0; i < found.n_items; i++)
        is_gone = is_gone && strcmp(found.items[i].label.file, "old.raw") != 0;
    gw_trash_list_fini(&found);
    return is_gone;
}

static void what_is_past_its_retention_goes_at_the_start(void **state)
{
    struct source_case *c = *state;

    assert_int_equal(c->settings.trash_retention_hours, 168);
    trash(c, "old.raw", 168 * 3600);
    trash(c, "young.raw", 168 * 3600 - 600);
    source_case_up(c);
    source_case_until(c, has_no_old, c);
    GW_AUTO_FREE char *reply = list(c);
    assert_contains(reply, "young.raw");
}

static void a_retention_of_0_keeps_it_for_ever(void **state)
{
    struct source_case *c = *state;

    c->settings.trash_retention_hours = 0;
    trash(c, "old.raw", 100000 * 3600);
    source_case_up(c);
    source_case_run_for(c, 200);
    GW_AUTO_FREE char *reply = list(c);
    assert_contains(reply, "old.raw");
    assert_null(strstr(reply, "expiresAt"));
}

static void a_pool_that_is_away_is_told_beside_the_rest(void **state)
{
    struct source_case *c = *state;
    GW_AUTO_FREE char *shared = gw_strf("%s/shared", c->folder);

    trash(c, "a.raw", 10);
    source_case_up(c);
    assert_int_equal(rmdir(shared), 0);
    GW_AUTO_FREE char *reply = list(c);
    assert_contains(reply, "a.raw");
    assert_contains(reply, "\"absent\":[{\"host\":\"h1\",\"reason\":{\"code\":\"POOL_UNUSABLE\"");
}

static void a_list_holds_what_fits_an_answer(void **state)
{
    struct source_case *c = *state;

    trash(c, "a.raw", 10);
    GW_AUTO_FREE char *folder = gw_strf("%s/pool/.trash", c->folder);
    GW_AUTO_FD int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (unsigned i = 1; i < SRC_TRASH_REPLY_MAX; i++) {
        GW_AUTO_FREE char *name = gw_strf("%0255u", i);
        GW_AUTO_FD int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        assert_return_code(fd, 0);
    }
    source_case_up(c);
    GW_AUTO_FREE char *full = list(c);
    assert_null(strstr(full, "leftOut"));
    write_file(c, "pool/.trash/one-more");
    GW_AUTO_FREE char *reply = list(c);
    assert_contains(reply, "\"leftOut\":\"1\"");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, source_case_setup, source_case_teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_deleted_guests_disk_is_listed_and_comes_back),
        CASE(a_disk_that_its_guest_has_stays_in_the_trash),
        CASE(purge_takes_one_entry_or_those_of_an_age),
        CASE(nothing_but_the_trash_can_be_named),
        CASE(an_unknown_file_is_shown_and_stays),
        CASE(what_is_past_its_retention_goes_at_the_start),
        CASE(a_retention_of_0_keeps_it_for_ever),
        CASE(a_pool_that_is_away_is_told_beside_the_rest),
        CASE(a_list_holds_what_fits_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
