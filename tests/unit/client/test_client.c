/* libgodwit against a fake scheduler. */
#include "support/test.h"

#include <stdlib.h>

#include "godwit/client.h"
#include "loop/loop.h"
#include "support/fake_scheduler.h"
#include "support/tmp_folder.h"

struct fixture {
    char *folder;
    char *url;
    struct fake_scheduler *fake;
    struct gw_client *client;
};

static int setup(void **state)
{
    struct gw_error err = {0};
    struct fixture *f = calloc(1, sizeof *f);
    if (!f)
        abort();
    f->folder = tmp_folder_make();
    f->url = gw_strf("ipc://%s/s.sock", f->folder);
    f->fake = fake_scheduler_start(f->url);
    f->client = gw_client_open(f->url, NULL, &err);
    if (!f->client)
        abort();
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    gw_client_close(f->client);
    fake_scheduler_stop(f->fake);
    tmp_folder_remove(f->folder);
    free(f->url);
    free(f);
    return 0;
}

static void a_call_returns_the_reply(void **state)
{
    struct fixture *f = *state;
    struct gw_error err = {0};
    Godwit__V1__ListHostsRequest request = GODWIT__V1__LIST_HOSTS_REQUEST__INIT;
    fake_scheduler_reply(f->fake, "ListHosts", "{\"hosts\":[{\"name\":\"h1\"}]}");
    for (int i = 0; i < 3; i++) {
        Godwit__V1__ListHostsReply *reply = gw_client_list_hosts(f->client, &request, &err);
        assert_non_null(reply);
        assert_string_equal(reply->hosts[0]->name, "h1");
        godwit__v1__list_hosts_reply__free_unpacked(reply, NULL);
    }
}

static void a_failure_keeps_code_reason_and_field(void **state)
{
    struct fixture *f = *state;
    struct gw_error err = {0};
    Godwit__V1__StartGuestRequest request = GODWIT__V1__START_GUEST_REQUEST__INIT;
    fake_scheduler_fail(f->fake, "StartGuest", GW_NOT_FOUND, "GUEST_NOT_FOUND", "guest", "no g1");
    assert_null(gw_client_start_guest(f->client, &request, &err));
    assert_error(&err, GW_NOT_FOUND, "no g1");
    assert_string_equal(err.reason, "GUEST_NOT_FOUND");
    assert_string_equal(err.field, "guest");
}

static void a_scheduler_that_restarts_is_found_again(void **state)
{
    struct fixture *f = *state;
    struct gw_error err = {0};
    Godwit__V1__GetVersionRequest request = GODWIT__V1__GET_VERSION_REQUEST__INIT;
    for (int i = 0; i < 2; i++) {
        Godwit__V1__GetVersionReply *reply = gw_client_get_version(f->client, &request, &err);
        assert_non_null(reply);
        godwit__v1__get_version_reply__free_unpacked(reply, NULL);
        fake_scheduler_stop(f->fake);
        f->fake = fake_scheduler_start(f->url);
    }
}

static void a_long_deadline_is_not_for_finding_the_scheduler(void **state)
{
    struct fixture *f = *state;
    struct gw_error err = {0};
    Godwit__V1__StartGuestRequest request = GODWIT__V1__START_GUEST_REQUEST__INIT;
    fake_scheduler_stop(f->fake);
    f->fake = NULL;
    gw_client_set_deadline(f->client, 600 * 1000); /* the test's own time limit is far below */
    assert_null(gw_client_start_guest(f->client, &request, &err));
    assert_error(&err, GW_UNAVAILABLE, f->url);
}

struct seen {
    struct gw_client *client;
    uint64_t cursors[16];
    unsigned n;
    unsigned enough;
};

static bool on_event(void *arg, const Godwit__V1__Event *event)
{
    struct seen *seen = arg;
    seen->cursors[seen->n++] = event->cursor;
    return seen->n < seen->enough;
}

static void a_watch_ends_when_the_caller_has_enough(void **state)
{
    struct fixture *f = *state;
    struct gw_error err = {0};
    struct seen seen = {.enough = 2};
    Godwit__V1__WatchRequest request = GODWIT__V1__WATCH_REQUEST__INIT;
    for (int i = 0; i < 2; i++)
        fake_scheduler_event(f->fake, i ? "{\"cursor\":\"8\"}" : "{\"cursor\":\"7\"}");
    fake_scheduler_event(f->fake, "{\"cursor\":\"9\"}");
    assert_int_equal(gw_client_watch(f->client, &request, on_event, &seen, &err), 0);
    assert_int_equal(seen.n, 2);
    assert_true(seen.cursors[1] == 8);
}

static void a_broken_watch_loses_and_doubles_nothing(void **state)
{
    struct fixture *f = *state;
    struct gw_error err = {0};
    struct seen seen = {.enough = 5};
    Godwit__V1__WatchRequest request = GODWIT__V1__WATCH_REQUEST__INIT;
    static const char *const events[] = {"{\"cursor\":\"1\"}", "{\"cursor\":\"2\"}",
                                         "{\"cursor\":\"3\"}", "{\"cursor\":\"4\"}",
                                         "{\"cursor\":\"5\"}"};
    for (unsigned i = 0; i < 5; i++)
        fake_scheduler_event(f->fake, events[i]);
    fake_scheduler_break_watch_after(f->fake, 2);
    assert_int_equal(gw_client_watch(f->client, &request, on_event, &seen, &err), 0);
    assert_int_equal(seen.n, 5);
    for (unsigned i = 0; i < 5; i++)
        assert_true(seen.cursors[i] == i + 1);
    assert_int_equal(fake_scheduler_count(f->fake, "Watch"), 3);
}

static void progress_comes_under_the_newest_cursor_again_and_again(void **state)
{
    struct fixture *f = *state;
    struct gw_error err = {0};
    struct seen seen = {.enough = 4};
    Godwit__V1__WatchRequest request = GODWIT__V1__WATCH_REQUEST__INIT;
    static const char progress[] = "{\"cursor\":\"1\",\"kind\":\"migration.progress\"}";
    fake_scheduler_event(f->fake, "{\"cursor\":\"1\",\"kind\":\"migration.phase_changed\"}");
    fake_scheduler_event(f->fake, progress);
    fake_scheduler_event(f->fake, progress);
    fake_scheduler_event(f->fake, "{\"cursor\":\"2\",\"kind\":\"migration.phase_changed\"}");
    assert_int_equal(gw_client_watch(f->client, &request, on_event, &seen, &err), 0);
    assert_int_equal(seen.n, 4);
    assert_true(seen.cursors[2] == 1);
    assert_true(seen.cursors[3] == 2);
}

static void a_watch_that_is_refused_says_why(void **state)
{
    struct fixture *f = *state;
    struct gw_error err = {0};
    struct seen seen = {.enough = 1};
    Godwit__V1__WatchRequest request = GODWIT__V1__WATCH_REQUEST__INIT;
    fake_scheduler_fail(f->fake, "Watch", GW_NOT_FOUND, "", "", "no such migration");
    assert_int_equal(gw_client_watch(f->client, &request, on_event, &seen, &err), -1);
    assert_error(&err, GW_NOT_FOUND, "no such migration");
}

static void interrupt(void *arg)
{
    gw_client_interrupt(arg);
}

static void an_interrupt_ends_the_call(void **state)
{
    struct fixture *f = *state;
    struct gw_error err = {0};
    Godwit__V1__ListHostsRequest request = GODWIT__V1__LIST_HOSTS_REQUEST__INIT;
    fake_scheduler_stall(f->fake, "ListHosts");
    struct gw_timer *timer = gw_timer_new(gw_client_loop(f->client), interrupt, f->client);
    gw_timer_start(timer, 1);
    assert_null(gw_client_list_hosts(f->client, &request, &err));
    assert_error_code(&err, GW_CANCELLED);
    gw_timer_free(timer);
}

static void an_address_that_is_none_is_refused(void **state)
{
    (void)state;
    struct gw_error err = {0};
    assert_null(gw_client_open("http://localhost", NULL, &err));
    assert_error(&err, GW_INVALID_ARGUMENT, "http://localhost");
    gw_client_close(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_call_returns_the_reply),
        TEST(a_failure_keeps_code_reason_and_field),
        TEST(a_scheduler_that_restarts_is_found_again),
        TEST(a_long_deadline_is_not_for_finding_the_scheduler),
        TEST(a_watch_ends_when_the_caller_has_enough),
        TEST(a_broken_watch_loses_and_doubles_nothing),
        TEST(progress_comes_under_the_newest_cursor_again_and_again),
        TEST(a_watch_that_is_refused_says_why),
        TEST(an_interrupt_ends_the_call),
        cmocka_unit_test(an_address_that_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
