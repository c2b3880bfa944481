/* The trash: nothing is lost, nothing is taken by guess, nothing outside it is touched. */
#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "host/guest_dir.h"
#include "host/record.h"
#include "host/trash_priv.h"
#include "tests/unit/host/host_fixture.h"

#define NOW UINT64_C(1700000000)
#define HOUR 3600

static int setup(void **state)
{
    *state = host_fixture_new();
    return 0;
}

static int teardown(void **state)
{
    host_fixture_free(*state);
    return 0;
}

static bool is_there(struct host_fixture *f, const char *name)
{
    GW_AUTO_FREE char *path = host_fixture_path(f, name);
    struct stat st;
    return lstat(path, &st) == 0;
}

static void write_file(struct host_fixture *f, const char *name, const char *text)
{
    GW_AUTO_FREE char *path = host_fixture_path(f, name);
    assert_int_equal(gw_file_replace(path, text, strlen(text), NULL), 0);
}

static void assert_text(struct host_fixture *f, const char *name, const char *wanted)
{
    GW_AUTO_FREE char *path = host_fixture_path(f, name);
    GW_AUTO_FREE char *text = gw_file_read(path, 100, NULL, NULL);
    assert_non_null(text);
    assert_string_equal(text, wanted);
}

static struct gw_trash_label sample(const char *file, uint64_t at_s)
{
    struct gw_trash_label label = {.guest_uuid = FIXTURE_UUID,
                                   .guest_name = "web-1",
                                   .disk = "root",
                                   .pool = "data",
                                   .migration_id = "m-1",
                                   .epoch = 3,
                                   .trashed_at_s = at_s};
    (void)gw_str_copy(label.file, sizeof label.file, file);
    return label;
}

/* Put a file with the text "data" into the trash. */
static void trash(struct host_fixture *f, const char *file, uint64_t at_s)
{
    struct gw_error err = {0};
    GW_AUTO_FREE char *name = gw_strf("pool/%s", file);
    const struct gw_trash_label label = sample(file, at_s);
    write_file(f, name, "data");
    if (gw_trash_put(&f->host, &label, NULL, &err) < 0)
        fail_msg("%s", err.message);
}

/* The only entry, or the @index-th. */
static struct gw_trash_entry entry_at(struct host_fixture *f, size_t index, size_t n_wanted)
{
    struct gw_trash_list list = {0};
    struct gw_trash_entry entry = {0};
    assert_int_equal(gw_trash_list(&f->host, &list, NULL), 0);
    assert_int_equal(list.n_items, n_wanted);
    if (index < list.n_items)
        entry = list.items[index];
    gw_trash_list_fini(&list);
    return entry;
}

/* A guest of this host with disk `root` in data/@file. */
static void make_guest(struct host_fixture *f, const char *file, enum gw_record_state source_state)
{
    struct gw_error err = {0};
    struct gw_record_file records = {.fd = -1};
    struct gw_record target = {.state = GW_RECORD_ACTIVE, .guest_uuid = FIXTURE_UUID, .epoch = 1};
    struct gw_record source = {.state = source_state, .guest_uuid = FIXTURE_UUID, .epoch = 1};
    GW_AUTO_FREE struct gw_guest_spec *spec = host_fixture_spec();
    GW_AUTO_FREE char *target_path =
        gw_guest_dir_path(&f->host, FIXTURE_UUID, GW_GUEST_TARGET_RECORD);
    GW_AUTO_FREE char *source_path =
        gw_guest_dir_path(&f->host, FIXTURE_UUID, GW_GUEST_SOURCE_RECORD);
    (void)gw_str_copy(spec->disks[0].file, sizeof spec->disks[0].file, file);
    assert_int_equal(gw_guest_dir_make(&f->host, FIXTURE_UUID, &err), 0);
    assert_int_equal(gw_guest_dir_save_spec(&f->host, spec, &err), 0);
    assert_int_equal(gw_record_file_open(&records, target_path, &err), 0);
    assert_int_equal(gw_record_file_write(&records, &target, GW_RECORD_NO_SYNC, &err), 0);
    gw_record_file_close(&records);
    assert_int_equal(gw_record_file_open(&records, source_path, &err), 0);
    assert_int_equal(gw_record_file_write(&records, &source, GW_RECORD_NO_SYNC, &err), 0);
    gw_record_file_close(&records);
}

/* ---- labels ---- */

static void a_label_says_the_same_when_read_back(void **state)
{
    (void)state;
    struct gw_error err = {0};
    struct gw_trash_label label = sample("a.raw", NOW);
    struct gw_trash_label back = {0};
    label.size_bytes = UINT64_MAX;
    for (int i = 0; i < 2; i++) {
        GW_AUTO_FREE char *text = gw_trash_label_print(&label, &err);
        assert_non_null(text);
        assert_int_equal(gw_trash_label_parse(text, &back, &err), 0);
        assert_memory_equal(&back, &label, sizeof label);
        memset(label.guest_name, 0, sizeof label.guest_name); /* once more, with all left out */
        memset(label.disk, 0, sizeof label.disk);
        memset(label.migration_id, 0, sizeof label.migration_id);
    }
}

static void a_label_at_all_limits_fits(void **state)
{
    struct host_fixture *f = *state;
    struct gw_error err = {0};
    struct gw_trash_label label = sample("", UINT64_C(250000000000));
    struct gw_trash_label back;
    char name[GW_TRASH_NAME_MAX + 1];
    label.epoch = UINT64_MAX;
    memset(label.guest_name, 'n', GW_NAME_MAX);
    memset(label.disk, 'd', GW_GUEST_DISK_NAME_MAX);
    memset(label.file, 'f', GW_FILE_NAME_MAX);
    memset(label.migration_id, 'm', GW_NAME_MAX);
    GW_AUTO_FREE char *text = gw_trash_label_print(&label, &err);
    assert_true(strlen(text) < 700);
    gw_trash_name(name, &label);
    assert_int_equal(strlen(name), GW_UUID_LEN + 1 + 12 + 1 + 20 + 1 + GW_FILE_NAME_MAX);
    GW_AUTO_FREE char *folder = host_fixture_path(f, "pool");
    GW_AUTO_FD int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(gw_trash_label_write(dir, name, &label, &err), 0);
    assert_true(gw_trash_label_read(dir, "data", name, &back));
    assert_memory_equal(&back, &label, sizeof label);
    assert_int_equal(gw_trash_label_write(dir, name, &label, &err), -1);
    assert_error_code(&err, GW_ALREADY_EXISTS);
}

static void a_label_with_a_wrong_value_is_refused(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"guest_uuid = ", "guest_uuid = x"},
        {"pool = ", "pool = a/b"},
        {"file = ", "file = ../a"},
        {"file = ", "file = .trash"},
        {"file = ", "file = a/b"},
        {"migration_id = ", "migration_id = a b"},
        {"epoch = ", "epoch = -1"},
        {"disk = ", "colour = red"},
        {"trashed_at_s = ", "trashed_at_s = 250000000001"},
    };
    for (size_t i = 0; i < GW_ARRAY_LEN(bad); i++) {
        struct gw_error err = {0};
        struct gw_trash_label label = sample("a.raw", NOW);
        struct gw_trash_label out;
        GW_AUTO_FREE char *text = gw_trash_label_print(&label, &err);
        const char *at = strstr(text, bad[i][0]);
        assert_non_null(at);
        GW_AUTO_FREE char *changed =
            gw_strf("%.*s%s%s", (int)(at - text), text, bad[i][1], strchr(at, '\n'));
        assert_int_equal(gw_trash_label_parse(changed, &out, &err), -1);
        assert_error_code(&err, GW_INVALID_ARGUMENT);
    }
}

static void names_of_labels_are_told_from_names_of_files(void **state)
{
    (void)state;
    char name[GW_TRASH_NAME_MAX + 1];
    assert_true(gw_trash_is_label(".a.raw.about", name));
    assert_string_equal(name, "a.raw");
    assert_false(gw_trash_is_label("a.raw.about", name));
    assert_false(gw_trash_is_label(".about", name));
    assert_false(gw_trash_is_label("..", name));
    assert_false(gw_trash_is_label(".a.raw", name));
}

/* ---- put ---- */

static void the_trash_keeps_the_bytes_and_says_what_they_are(void **state)
{
    struct host_fixture *f = *state;
    struct gw_error err = {0};
    char *path = NULL;
    const struct gw_trash_label label = sample("a.raw", NOW);
    write_file(f, "pool/a.raw", "data");
    assert_int_equal(gw_trash_put(&f->host, &label, &path, &err), 0);
    assert_contains(path, "/pool/.trash/" FIXTURE_UUID "-1700000000-3-a.raw");
    assert_false(is_there(f, "pool/a.raw"));
    assert_text(f, "pool/.trash/" FIXTURE_UUID "-1700000000-3-a.raw", "data");
    free(path);
    const struct gw_trash_entry entry = entry_at(f, 0, 1);
    assert_true(entry.is_known);
    assert_false(entry.is_shared);
    assert_true(gw_trash_id_is_valid(entry.id));
    struct gw_trash_label wanted = label;
    wanted.size_bytes = 4;
    assert_memory_equal(&entry.label, &wanted, sizeof wanted);
    assert_int_equal(gw_trash_put(&f->host, &label, &path, &err), 0);
    assert_null(path); /* it is there already: a repeat is fine */
    (void)entry_at(f, 0, 1);
}

static void the_trash_replaces_nothing(void **state)
{
    struct host_fixture *f = *state;
    struct gw_error err = {0};
    const struct gw_trash_label label = sample("a.raw", NOW);
    trash(f, "a.raw", NOW);
    write_file(f, "pool/a.raw", "other");
    assert_int_equal(gw_trash_put(&f->host, &label, NULL, &err), -1);
    assert_error(&err, GW_ALREADY_EXISTS, "a.raw");
    assert_text(f, "pool/a.raw", "other");
    assert_text(f, "pool/.trash/" FIXTURE_UUID "-1700000000-3-a.raw", "data");
    assert_true(entry_at(f, 0, 1).is_known);
}

static void a_label_left_by_a_crash_is_no_hindrance(void **state)
{
    struct host_fixture *f = *state;
    trash(f, "b.raw", NOW); /* makes the folder */
    write_file(f, "pool/.trash/." FIXTURE_UUID "-1700000000-3-a.raw.about", "torn");
    trash(f, "a.raw", NOW);
    assert_true(entry_at(f, 0, 2).is_known);
    assert_true(entry_at(f, 1, 2).is_known);
}

static void a_trash_that_leads_out_of_the_pool_is_refused(void **state)
{
    struct host_fixture *f = *state;
    struct gw_error err = {0};
    struct gw_trash_list list;
    const struct gw_trash_label label = sample("a.raw", NOW);
    GW_AUTO_FREE char *outside = host_fixture_path(f, "boot");
    GW_AUTO_FREE char *link = host_fixture_path(f, "pool/.trash");
    write_file(f, "pool/a.raw", "data");
    assert_int_equal(symlink(outside, link), 0);
    assert_int_equal(gw_trash_put(&f->host, &label, NULL, &err), -1);
    assert_error(&err, GW_FAILED_PRECONDITION, "must be a folder of its own");
    assert_string_equal(err.reason, "POOL_UNUSABLE");
    assert_true(is_there(f, "pool/a.raw"));
    assert_int_equal(gw_trash_list(&f->host, &list, &err), -1);
    assert_string_equal(err.reason, "POOL_UNUSABLE");
    gw_trash_list_fini(&list);
}

/* ---- list ---- */

static void a_list_has_the_newest_first_and_the_unknown_last(void **state)
{
    struct host_fixture *f = *state;
    (void)entry_at(f, 0, 0); /* no trash folder yet: nothing in it */
    assert_false(is_there(f, "pool/.trash"));
    trash(f, "old.raw", NOW - HOUR);
    trash(f, "new.raw", NOW);
    write_file(f, "pool/.trash/.hidden", "x");
    assert_string_equal(entry_at(f, 0, 3).label.file, "new.raw");
    assert_string_equal(entry_at(f, 1, 3).label.file, "old.raw");
    const struct gw_trash_entry unknown = entry_at(f, 2, 3);
    assert_false(unknown.is_known);
    assert_string_equal(unknown.name, ".hidden");
    assert_string_equal(unknown.label.pool, "data");
    assert_int_equal(unknown.label.size_bytes, 1);
    assert_string_equal(unknown.label.guest_uuid, "");
}

static void a_label_that_does_not_fit_makes_an_entry_unknown(void **state)
{
    struct host_fixture *f = *state;
    trash(f, "a.raw", NOW);
    GW_AUTO_FREE char *label =
        host_fixture_path(f, "pool/.trash/." FIXTURE_UUID "-1700000000-3-a.raw.about");
    GW_AUTO_FREE char *text = gw_file_read(label, 4096, NULL, NULL);
    GW_AUTO_FREE char *other = host_fixture_path(f, "pool/.trash/.b.raw.about");
    write_file(f, "pool/.trash/b.raw", "x");
    assert_int_equal(gw_file_replace(other, text, strlen(text), NULL), 0);
    assert_false(entry_at(f, 1, 2).is_known); /* somebody else's label */
    assert_int_equal(truncate(label, 20), 0);
    assert_false(entry_at(f, 0, 2).is_known);
    GW_AUTO_FREE char *large = calloc(1, GW_TRASH_LABEL_MAX + 2);
    memset(large, '#', GW_TRASH_LABEL_MAX + 1);
    assert_int_equal(gw_file_replace(label, large, GW_TRASH_LABEL_MAX + 1, NULL), 0);
    assert_false(entry_at(f, 0, 2).is_known);
}

static void the_same_name_in_two_pools_has_two_ids(void **state)
{
    struct host_fixture *f = *state;
    struct gw_trash_label label = sample("a.raw", NOW);
    trash(f, "a.raw", NOW);
    (void)gw_str_copy(label.pool, sizeof label.pool, "common");
    write_file(f, "shared/a.raw", "x");
    assert_int_equal(gw_trash_put(&f->host, &label, NULL, NULL), 0);
    const struct gw_trash_entry one = entry_at(f, 0, 2);
    const struct gw_trash_entry two = entry_at(f, 1, 2);
    assert_string_equal(one.name, two.name);
    assert_string_not_equal(one.id, two.id);
    assert_true(one.is_shared != two.is_shared);
}

static void a_list_past_its_limit_says_how_many_are_left_out(void **state)
{
    struct host_fixture *f = *state;
    struct gw_trash_list list;
    trash(f, "a.raw", NOW);
    GW_AUTO_FREE char *folder = host_fixture_path(f, "pool/.trash");
    GW_AUTO_FD int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (unsigned i = 1; i <= GW_TRASH_ENTRIES_MAX; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "x%u", i);
        GW_AUTO_FD int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        assert_return_code(fd, 0);
    }
    assert_int_equal(gw_trash_list(&f->host, &list, NULL), 0);
    assert_int_equal(list.n_items, GW_TRASH_ENTRIES_MAX);
    assert_int_equal(list.n_left_out, 1);
    gw_trash_list_fini(&list);
}

/* ---- ids from outside ---- */

static void ids_that_are_no_ids_are_refused(void **state)
{
    struct host_fixture *f = *state;
    static const char *const bad[] = {
        "",
        ".",
        "..",
        "../keep.raw",
        "/etc/passwd",
        "data/keep.raw",
        "common/.trash/x",
        "keep.raw",
        FIXTURE_UUID "-1700000000-3-a.raw",
        "0123456789abcde",
        "0123456789abcdef0",
        "0123456789ABCDEF",
        "0123456789abcde/",
        "..............ab",
        "*",
    };
    write_file(f, "pool/keep.raw", "data");
    trash(f, "a.raw", NOW);
    for (size_t i = 0; i < GW_ARRAY_LEN(bad); i++) {
        struct gw_error err = {0};
        struct gw_trash_entry out;
        char file[GW_FILE_NAME_MAX + 1];
        assert_int_equal(gw_trash_purge(&f->host, bad[i], &out, &err), -1);
        assert_error_code(&err, GW_INVALID_ARGUMENT);
        assert_string_equal(err.field, "id");
        assert_int_equal(gw_trash_restore(&f->host, bad[i], &out, file, &err), -1);
        assert_error_code(&err, GW_INVALID_ARGUMENT);
        assert_int_equal(gw_trash_find(&f->host, bad[i], &out, &err), -1);
        assert_error_code(&err, GW_INVALID_ARGUMENT);
    }
    assert_text(f, "pool/keep.raw", "data");
    (void)entry_at(f, 0, 1);
}

static void an_id_that_nothing_has_is_not_found(void **state)
{
    struct host_fixture *f = *state;
    struct gw_error err = {0};
    struct gw_trash_entry out;
    char file[GW_FILE_NAME_MAX + 1];
    trash(f, "a.raw", NOW);
    assert_int_equal(gw_trash_purge(&f->host, "0123456789abcdef", &out, &err), -1);
    assert_error(&err, GW_NOT_FOUND, "0123456789abcdef");
    assert_string_equal(err.reason, "TRASH_NOT_FOUND");
    assert_int_equal(gw_trash_restore(&f->host, "0123456789abcdef", &out, file, &err), -1);
    assert_string_equal(err.reason, "TRASH_NOT_FOUND");
    (void)entry_at(f, 0, 1);
}

/* ---- restore ---- */

static void restore(struct host_fixture *f, const char *id, const char *wanted)
{
    struct gw_error err = {0};
    struct gw_trash_entry out;
    char file[GW_FILE_NAME_MAX + 1];
    if (gw_trash_restore(&f->host, id, &out, file, &err) < 0)
        fail_msg("%s", err.message);
    assert_string_equal(file, wanted);
    assert_string_equal(out.id, id);
}

static void restore_fails(struct host_fixture *f, const char *id, const char *reason)
{
    struct gw_error err = {0};
    struct gw_trash_entry out;
    char file[GW_FILE_NAME_MAX + 1];
    assert_int_equal(gw_trash_restore(&f->host, id, &out, file, &err), -1);
    assert_string_equal(err.reason, reason);
}

static void a_disk_comes_back_under_its_name(void **state)
{
    struct host_fixture *f = *state;
    trash(f, "a.raw", NOW);
    restore(f, entry_at(f, 0, 1).id, "a.raw");
    assert_text(f, "pool/a.raw", "data");
    (void)entry_at(f, 0, 0);
    assert_false(is_there(f, "pool/.trash/." FIXTURE_UUID "-1700000000-3-a.raw.about"));
}

static void a_disk_comes_back_over_no_other_file(void **state)
{
    struct host_fixture *f = *state;
    trash(f, "a.raw", NOW);
    trash(f, "a.raw", NOW - 1);
    write_file(f, "pool/a.raw", "other");
    restore(f, entry_at(f, 0, 2).id, "a.raw.restored");
    restore(f, entry_at(f, 0, 1).id, "a.raw.restored-2");
    assert_text(f, "pool/a.raw", "other");
    assert_text(f, "pool/a.raw.restored", "data");
    assert_text(f, "pool/a.raw.restored-2", "data");
}

static void a_long_name_is_cut_to_make_room(void **state)
{
    struct host_fixture *f = *state;
    char file[GW_FILE_NAME_MAX + 1] = {0};
    char wanted[GW_FILE_NAME_MAX + 1] = {0};
    memset(file, 'a', GW_FILE_NAME_MAX);
    trash(f, file, NOW);
    GW_AUTO_FREE char *taken = gw_strf("pool/%s", file);
    write_file(f, taken, "other");
    (void)snprintf(wanted, sizeof wanted, "%.*s.restored", GW_FILE_NAME_MAX - 14, file);
    restore(f, entry_at(f, 0, 1).id, wanted);
}

static void a_name_that_a_guests_disk_will_want_is_left_free(void **state)
{
    struct host_fixture *f = *state;
    make_guest(f, "a.raw", GW_RECORD_RETIRED); /* moved away; it may come back */
    trash(f, "a.raw", NOW);
    restore(f, entry_at(f, 0, 1).id, "a.raw.restored");
    assert_false(is_there(f, "pool/a.raw"));
}

static void a_disk_that_its_guest_has_here_is_not_put_back(void **state)
{
    struct host_fixture *f = *state;
    make_guest(f, "other.raw", GW_RECORD_HOLDING);
    trash(f, "a.raw", NOW); /* an older copy of its disk `root` */
    restore_fails(f, entry_at(f, 0, 1).id, "GUEST_HOLDS_DISK");
    make_guest(f, "other.raw", GW_RECORD_RELINQUISHED);
    restore_fails(f, entry_at(f, 0, 1).id, "GUEST_HOLDS_DISK");
    assert_int_equal(entry_at(f, 0, 1).is_known, true);
}

static void what_is_unknown_is_not_put_back(void **state)
{
    struct host_fixture *f = *state;
    trash(f, "a.raw", NOW);
    write_file(f, "pool/.trash/x", "x");
    restore_fails(f, entry_at(f, 1, 2).id, "TRASH_UNKNOWN");
    assert_true(is_there(f, "pool/.trash/x"));
}

static void a_file_with_a_second_name_is_not_put_back(void **state)
{
    struct host_fixture *f = *state;
    GW_AUTO_FREE char *from =
        host_fixture_path(f, "pool/.trash/" FIXTURE_UUID "-1700000000-3-a.raw");
    GW_AUTO_FREE char *to = host_fixture_path(f, "pool/b.raw");
    trash(f, "a.raw", NOW);
    assert_int_equal(link(from, to), 0);
    restore_fails(f, entry_at(f, 0, 1).id, "DISK_IN_USE");
}

/* ---- purge ---- */

static void purge_removes_exactly_the_entry(void **state)
{
    struct host_fixture *f = *state;
    struct gw_error err = {0};
    struct gw_trash_entry out;
    trash(f, "a.raw", NOW);
    trash(f, "b.raw", NOW - 1);
    write_file(f, "pool/a.raw", "in use");
    assert_int_equal(gw_trash_purge(&f->host, entry_at(f, 0, 2).id, &out, &err), 0);
    assert_string_equal(out.label.file, "a.raw");
    assert_string_equal(entry_at(f, 0, 1).label.file, "b.raw");
    assert_false(is_there(f, "pool/.trash/." FIXTURE_UUID "-1700000000-3-a.raw.about"));
    assert_text(f, "pool/a.raw", "in use");
}

static void what_is_unknown_goes_by_its_exact_id_alone(void **state)
{
    struct host_fixture *f = *state;
    struct gw_error err = {0};
    struct gw_trash_entry out;
    struct gw_trash_list gone;
    trash(f, "a.raw", NOW);
    write_file(f, "pool/.trash/x", "x");
    assert_int_equal(gw_trash_purge_older(&f->host, NOW + 9 * HOUR, 1, &gone, &err), 0);
    assert_int_equal(gone.n_items, 1);
    gw_trash_list_fini(&gone);
    const struct gw_trash_entry unknown = entry_at(f, 0, 1);
    assert_string_equal(unknown.name, "x");
    assert_int_equal(gw_trash_purge(&f->host, unknown.id, &out, &err), 0);
    (void)entry_at(f, 0, 0);
}

static void what_is_no_file_is_not_purged(void **state)
{
    struct host_fixture *f = *state;
    struct gw_error err = {0};
    struct gw_trash_entry out;
    GW_AUTO_FREE char *folder = host_fixture_path(f, "pool/.trash/folder");
    GW_AUTO_FREE char *link = host_fixture_path(f, "pool/.trash/link");
    GW_AUTO_FREE char *outside = host_fixture_path(f, "boot/kernel");
    write_file(f, "boot/kernel", "kernel");
    assert_int_equal(gw_dir_make(folder, NULL), 0);
    assert_int_equal(symlink(outside, link), 0);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(gw_trash_purge(&f->host, entry_at(f, i, 2).id, &out, &err), -1);
        assert_string_equal(err.reason, "DISK_NOT_REGULAR");
        restore_fails(f, entry_at(f, i, 2).id, "TRASH_UNKNOWN");
    }
    assert_text(f, "boot/kernel", "kernel");
}

/* A pool whose folder is another pool's trash: nobody should, but then its disks are not trash. */
static void a_guests_disk_is_never_touched(void **state)
{
    struct host_fixture *f = *state;
    struct gw_error err = {0};
    struct gw_trash_entry out;
    struct gw_trash_list gone;
    const char *name = FIXTURE_UUID "-1700000000-3-a.raw";
    trash(f, "a.raw", NOW);
    const struct gw_trash_entry entry = entry_at(f, 0, 1);
    make_guest(f, name, GW_RECORD_HOLDING);
    GW_AUTO_FREE char *real =
        host_fixture_path(f, "pool/.trash/" FIXTURE_UUID "-1700000000-3-a.raw");
    GW_AUTO_FREE char *as_disk = gw_strf("%s/pool/%s", f->root, name);
    assert_int_equal(link(real, as_disk), 0);
    assert_int_equal(gw_trash_purge(&f->host, entry.id, &out, &err), -1);
    assert_error(&err, GW_FAILED_PRECONDITION, "is disk \"root\" of guest " FIXTURE_UUID);
    assert_string_equal(err.reason, "DISK_IN_USE");
    restore_fails(f, entry.id, "DISK_IN_USE");
    assert_int_equal(gw_trash_purge_older(&f->host, NOW + 9 * HOUR, 1, &gone, &err), -1);
    assert_int_equal(gone.n_items, 0);
    assert_string_equal(err.reason, "DISK_IN_USE");
    assert_text(f, "pool/.trash/" FIXTURE_UUID "-1700000000-3-a.raw", "data");
}

static void nothing_is_touched_while_a_guest_cannot_be_read(void **state)
{
    struct host_fixture *f = *state;
    struct gw_error err = {0};
    struct gw_trash_entry out;
    struct gw_trash_list gone;
    trash(f, "a.raw", NOW);
    make_guest(f, "b.raw", GW_RECORD_HOLDING);
    GW_AUTO_FREE char *spec = gw_guest_dir_path(&f->host, FIXTURE_UUID, GW_GUEST_SPEC_FILE);
    assert_int_equal(gw_file_replace(spec, "{", 1, NULL), 0);
    assert_int_equal(gw_trash_purge(&f->host, entry_at(f, 0, 1).id, &out, &err), -1);
    assert_contains(err.message, "guest " FIXTURE_UUID ": nobody knows which disks are in use");
    assert_int_equal(gw_trash_purge_older(&f->host, NOW + 9 * HOUR, 1, &gone, &err), -1);
    gw_trash_list_fini(&gone);
    (void)entry_at(f, 0, 1);
}

/* ---- retention ---- */

static void only_what_is_old_enough_goes(void **state)
{
    struct host_fixture *f = *state;
    struct gw_error err = {0};
    struct gw_trash_list gone;
    trash(f, "old.raw", NOW - 2 * HOUR);
    trash(f, "edge.raw", NOW - HOUR);
    trash(f, "young.raw", NOW - HOUR + 1);
    trash(f, "tomorrow.raw", NOW + 24 * HOUR); /* the clock was wrong then, or is now */
    assert_int_equal(gw_trash_purge_older(&f->host, NOW, 1, &gone, &err), 0);
    assert_int_equal(gone.n_items, 2);
    gw_trash_list_fini(&gone);
    assert_string_equal(entry_at(f, 0, 2).label.file, "tomorrow.raw");
    assert_string_equal(entry_at(f, 1, 2).label.file, "young.raw");
}

static void an_age_out_of_range_purges_nothing(void **state)
{
    struct host_fixture *f = *state;
    struct gw_error err = {0};
    struct gw_trash_list gone;
    trash(f, "a.raw", 1);
    assert_int_equal(gw_trash_purge_older(&f->host, NOW, 0, &gone, &err), -1);
    assert_error_code(&err, GW_INVALID_ARGUMENT);
    assert_string_equal(err.field, "older_than_hours");
    assert_int_equal(gw_trash_purge_older(&f->host, NOW, GW_TRASH_HOURS_MAX + 1, &gone, &err), -1);
    assert_error_code(&err, GW_INVALID_ARGUMENT);
    assert_int_equal(gw_trash_purge_older(&f->host, NOW, GW_TRASH_HOURS_MAX, &gone, &err), 0);
    assert_int_equal(gone.n_items, 0); /* put there in 1970, which is not that long ago */
}

static void labels_without_a_file_are_swept_once_they_are_old(void **state)
{
    struct host_fixture *f = *state;
    struct gw_trash_list gone;
    const uint64_t soon = (uint64_t)time(NULL) + 60;
    trash(f, "a.raw", soon);
    write_file(f, "pool/.trash/.gone.about", "x");
    assert_int_equal(gw_trash_purge_older(&f->host, soon, 1, &gone, NULL), 0);
    assert_true(is_there(f, "pool/.trash/.gone.about"));
    assert_int_equal(gw_trash_purge_older(&f->host, soon + HOUR - 1, 1, &gone, NULL), 0);
    assert_int_equal(gone.n_items, 0);
    assert_false(is_there(f, "pool/.trash/.gone.about"));
    assert_true(entry_at(f, 0, 1).is_known);
}

static void a_pool_that_is_away_does_not_hold_up_the_others(void **state)
{
    struct host_fixture *f = *state;
    struct gw_error err = {0};
    struct gw_trash_list list;
    struct gw_trash_entry out;
    struct gw_trash_label label = sample("a.raw", NOW);
    GW_AUTO_FREE char *pool = host_fixture_path(f, "pool");
    GW_AUTO_FREE char *away = host_fixture_path(f, "away");
    (void)gw_str_copy(label.pool, sizeof label.pool, "common");
    write_file(f, "shared/a.raw", "x");
    assert_int_equal(gw_trash_put(&f->host, &label, NULL, NULL), 0);
    assert_int_equal(rename(pool, away), 0);
    assert_int_equal(gw_trash_list(&f->host, &list, &err), -1);
    assert_string_equal(err.reason, "POOL_UNUSABLE");
    assert_int_equal(list.n_items, 1);
    assert_int_equal(gw_trash_find(&f->host, "0123456789abcdef", &out, &err), -1);
    assert_string_equal(err.reason, "POOL_UNUSABLE");
    assert_int_equal(gw_trash_purge(&f->host, list.items[0].id, &out, &err), 0);
    gw_trash_list_fini(&list);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_label_says_the_same_when_read_back),
        CASE(a_label_at_all_limits_fits),
        CASE(a_label_with_a_wrong_value_is_refused),
        CASE(names_of_labels_are_told_from_names_of_files),
        CASE(the_trash_keeps_the_bytes_and_says_what_they_are),
        CASE(the_trash_replaces_nothing),
        CASE(a_label_left_by_a_crash_is_no_hindrance),
        CASE(a_trash_that_leads_out_of_the_pool_is_refused),
        CASE(a_list_has_the_newest_first_and_the_unknown_last),
        CASE(a_label_that_does_not_fit_makes_an_entry_unknown),
        CASE(the_same_name_in_two_pools_has_two_ids),
        CASE(a_list_past_its_limit_says_how_many_are_left_out),
        CASE(ids_that_are_no_ids_are_refused),
        CASE(an_id_that_nothing_has_is_not_found),
        CASE(a_disk_comes_back_under_its_name),
        CASE(a_disk_comes_back_over_no_other_file),
        CASE(a_long_name_is_cut_to_make_room),
        CASE(a_name_that_a_guests_disk_will_want_is_left_free),
        CASE(a_disk_that_its_guest_has_here_is_not_put_back),
        CASE(what_is_unknown_is_not_put_back),
        CASE(a_file_with_a_second_name_is_not_put_back),
        CASE(purge_removes_exactly_the_entry),
        CASE(what_is_unknown_goes_by_its_exact_id_alone),
        CASE(what_is_no_file_is_not_purged),
        CASE(a_guests_disk_is_never_touched),
        CASE(nothing_is_touched_while_a_guest_cannot_be_read),
        CASE(only_what_is_old_enough_goes),
        CASE(an_age_out_of_range_purges_nothing),
        CASE(labels_without_a_file_are_swept_once_they_are_old),
        CASE(a_pool_that_is_away_does_not_hold_up_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
