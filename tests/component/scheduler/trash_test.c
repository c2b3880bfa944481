/* The trash of the cluster, as the hosts tell of it. */
#include <stdio.h>
#include <stdlib.h>

#include "base/scope.h"
#include "base/str.h"
#include "cluster.h"
#include "hosts.h"

#define ID "0123456789abcdef"
#define OTHER "fedcba9876543210"

static void put(struct cluster *c, unsigned index, const char *id, size_t n)
{
    (void)gw_str_copy(c->hosts[index].trash_id, sizeof c->hosts[index].trash_id, id);
    c->hosts[index].n_trash = n;
}

static void free_entries(Godwit__V1__TrashEntries *entries)
{
    if (entries)
        godwit__v1__trash_entries__free_unpacked(entries, NULL);
}

static void free_restored(Godwit__V1__RestoreTrashReply *reply)
{
    if (reply)
        godwit__v1__restore_trash_reply__free_unpacked(reply, NULL);
}

static void every_row_names_its_host(void **state)
{
    struct cluster *c = *state;
    put(c, 0, ID, 1);
    put(c, 2, OTHER, 2);
    Godwit__V1__TrashEntries *all = client_list_trash(c, "", "");
    assert_non_null(all);
    assert_int_equal(all->n_entries, 3);
    assert_int_equal(all->n_absent, 0);
    unsigned n_of[2] = {0};
    for (size_t i = 0; i < all->n_entries; i++) {
        const Godwit__V1__TrashEntry *entry = all->entries[i];
        bool is_first = strcmp(entry->host, "h1") == 0;
        assert_string_equal(entry->host, is_first ? "h1" : "h3");
        assert_string_equal(entry->id, is_first ? ID : OTHER);
        n_of[is_first]++;
    }
    assert_int_equal(n_of[1], 1);
    assert_int_equal(n_of[0], 2);
    free_entries(all);
    all = client_list_trash(c, "h3", "");
    assert_int_equal(all->n_entries, 2);
    free_entries(all);
    assert_null(client_list_trash(c, "h9", ""));
    assert_string_equal(c->err.reason, "HOST_NOT_FOUND");
}

static void a_host_that_is_away_is_told(void **state)
{
    struct cluster *c = *state;
    put(c, 0, ID, 1);
    c->hosts[1].rules[LIST_TRASH] =
        (struct rule){.code = GW_FAILED_PRECONDITION, .reason = "POOL_UNUSABLE"};
    Godwit__V1__TrashEntries *all = client_list_trash(c, "", "");
    assert_non_null(all);
    assert_int_equal(all->n_entries, 1);
    assert_int_equal(all->n_absent, 1);
    assert_string_equal(all->absent[0]->host, "h2");
    assert_string_equal(all->absent[0]->reason->code, "POOL_UNUSABLE");
    assert_contains(all->absent[0]->reason->message, "h2 says no");
    free_entries(all);
}

static void silent_hosts_are_told_without_asking(void **state)
{
    struct cluster *c = *state;
    c->scheduler->options.host_silent_after_ms = 0;
    sch_hosts_check(c->scheduler);
    Godwit__V1__TrashEntries *all = client_list_trash(c, "", "");
    assert_non_null(all);
    assert_int_equal(all->n_absent, N_HOSTS);
    assert_string_equal(all->absent[0]->reason->code, "HOST_SILENT");
    free_entries(all);
    assert_null(client_purge_trash(c, "", ID, 0));
    assert_error(&c->err, GW_UNAVAILABLE, "3 did not");
    assert_string_equal(c->err.reason, "HOST_SILENT");
}

static void an_entry_is_restored_where_it_is(void **state)
{
    struct cluster *c = *state;
    put(c, 1, ID, 1);
    Godwit__V1__RestoreTrashReply *reply = client_restore_trash(c, "", ID);
    assert_non_null(reply);
    assert_string_equal(reply->file, ID);
    free_restored(reply);
    assert_trace(c, "h2.RestoreTrash:0");
    trace_clear(c);
    assert_null(client_restore_trash(c, "", OTHER));
    assert_error(&c->err, GW_NOT_FOUND, OTHER);
    assert_string_equal(c->err.reason, "TRASH_NOT_FOUND");
    assert_trace(c, "");
}

static void what_the_host_refuses_is_refused(void **state)
{
    struct cluster *c = *state;
    put(c, 0, ID, 1);
    c->hosts[0].rules[RESTORE_TRASH] =
        (struct rule){.code = GW_FAILED_PRECONDITION, .reason = "GUEST_HOLDS_DISK"};
    assert_null(client_restore_trash(c, "", ID));
    assert_error(&c->err, GW_FAILED_PRECONDITION, "godwit-source of h1: h1 says no");
    assert_string_equal(c->err.reason, "GUEST_HOLDS_DISK");
}

static void two_hosts_with_the_same_id_need_a_name(void **state)
{
    struct cluster *c = *state;
    put(c, 0, ID, 1);
    put(c, 1, ID, 1);
    assert_null(client_purge_trash(c, "", ID, 0));
    assert_error(&c->err, GW_FAILED_PRECONDITION, "name the host");
    assert_string_equal(c->err.reason, "TRASH_AMBIGUOUS");
    assert_trace(c, "");
    free_entries(client_purge_trash(c, "h2", ID, 0));
    assert_trace(c, "h2.PurgeTrash:0");
}

static void an_entry_of_a_shared_pool_is_one(void **state)
{
    struct cluster *c = *state;
    for (unsigned i = 0; i < 2; i++) {
        put(c, i, ID, 1);
        c->hosts[i].data_is_shared = true;
    }
    Godwit__V1__TrashEntries *gone = client_purge_trash(c, "", ID, 0);
    assert_non_null(gone);
    assert_int_equal(gone->n_entries, 1);
    free_entries(gone);
    assert_int_equal(strlen(c->trace), strlen("h1.PurgeTrash:0"));
}

static void purge_by_age_asks_all_or_the_one(void **state)
{
    struct cluster *c = *state;
    put(c, 0, ID, 2);
    Godwit__V1__TrashEntries *gone = client_purge_trash(c, "", "", 5);
    assert_non_null(gone);
    assert_int_equal(gone->n_entries, 2);
    free_entries(gone);
    assert_contains(c->trace, "h1.PurgeTrash:5");
    assert_contains(c->trace, "h2.PurgeTrash:5");
    assert_contains(c->trace, "h3.PurgeTrash:5");
    trace_clear(c);
    free_entries(client_purge_trash(c, "h2", "", 7));
    assert_trace(c, "h2.PurgeTrash:7");
}

static void bad_requests_reach_no_host(void **state)
{
    struct cluster *c = *state;
    static const char *const bad[] = {"..", "../x", "data/x", "/etc/passwd", ID "0", "x.raw"};
    for (size_t i = 0; i < GW_ARRAY_LEN(bad); i++) {
        assert_null(client_restore_trash(c, "", bad[i]));
        assert_error_code(&c->err, GW_INVALID_ARGUMENT);
        assert_string_equal(c->err.field, "id");
        assert_null(client_purge_trash(c, "h1", bad[i], 0));
        assert_error_code(&c->err, GW_INVALID_ARGUMENT);
        assert_null(client_list_trash(c, "", bad[i]));
        assert_error_code(&c->err, GW_INVALID_ARGUMENT);
    }
    assert_null(client_restore_trash(c, "", ""));
    assert_string_equal(c->err.field, "id");
    assert_null(client_purge_trash(c, "", "", 0));
    assert_string_equal(c->err.field, "older_than_hours");
    assert_null(client_purge_trash(c, "", ID, 1));
    assert_string_equal(c->err.field, "older_than_hours");
    assert_null(client_purge_trash(c, "", "", 876001));
    assert_string_equal(c->err.field, "older_than_hours");
    assert_trace(c, "");
}

static void an_answer_holds_as_many_as_fit_and_counts_the_rest(void **state)
{
    struct cluster *c = *state;
    put(c, 0, ID, SCH_TRASH_ENTRIES_MAX / 2);
    put(c, 1, ID, SCH_TRASH_ENTRIES_MAX / 2);
    Godwit__V1__TrashEntries *all = client_list_trash(c, "", "");
    assert_int_equal(all->n_entries, SCH_TRASH_ENTRIES_MAX);
    assert_int_equal(all->left_out, 0);
    free_entries(all);
    put(c, 2, OTHER, 1);
    all = client_list_trash(c, "", "");
    assert_int_equal(all->n_entries, SCH_TRASH_ENTRIES_MAX);
    assert_int_equal(all->left_out, 1);
    free_entries(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLUSTER_TEST(every_row_names_its_host),
        CLUSTER_TEST(a_host_that_is_away_is_told),
        CLUSTER_TEST(silent_hosts_are_told_without_asking),
        CLUSTER_TEST(an_entry_is_restored_where_it_is),
        CLUSTER_TEST(what_the_host_refuses_is_refused),
        CLUSTER_TEST(two_hosts_with_the_same_id_need_a_name),
        CLUSTER_TEST(an_entry_of_a_shared_pool_is_one),
        CLUSTER_TEST(purge_by_age_asks_all_or_the_one),
        CLUSTER_TEST(bad_requests_reach_no_host),
        CLUSTER_TEST(an_answer_holds_as_many_as_fit_and_counts_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
