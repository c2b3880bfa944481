#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "session_fixture.h"

/* A monitor that keeps commands and answers when the test says so. */
struct keeper {
    int64_t ids[128];
    size_t n_ids;
    bool was_oob;
};

static void keep(void *arg, struct fake_qmp *fake, struct fake_qmp_command *command)
{
    struct keeper *keeper = arg;
    (void)fake;
    keeper->ids[keeper->n_ids++] = command->id;
    keeper->was_oob = command->is_oob;
}

static void session_becomes_ready_with_oob(void **state)
{
    struct fixture *f = *state;
    fixture_open(f, NULL);
    fixture_await(f, "ready:oob");
}

static void session_becomes_ready_without_oob(void **state)
{
    struct fixture *f = *state;
    fixture_open(f, &(struct fake_qmp_options){.has_no_oob = true});
    fixture_await(f, "ready ");
}

static void commands_started_before_ready_are_sent_after_it(void **state)
{
    struct fixture *f = *state;
    fixture_open(f, NULL);
    fixture_execute(f, "a", "stop", 0);
    fixture_execute(f, "b", "cont", 0);
    fixture_await(f, "b:ok");
    assert_string_equal(gw_str_text(&f->trace), "ready:oob a:ok b:ok ");
    assert_string_equal(fake_qmp_heard(f->fake), "stop cont ");
}

static void replies_are_matched_by_id(void **state)
{
    struct fixture *f = *state;
    struct keeper keeper = {0};
    fixture_open(f, &(struct fake_qmp_options){.fn = keep, .arg = &keeper});
    fixture_execute(f, "a", "stop", 0);
    fixture_execute(f, "b", "cont", 0);
    fixture_await_heard(f, "cont");
    fake_qmp_return(f->fake, keeper.ids[1], "{}");
    fake_qmp_return(f->fake, keeper.ids[0], "[]");
    fixture_await(f, "a:ok");
    assert_string_equal(gw_str_text(&f->trace), "ready:oob b:ok a:ok ");
}

static void errors_of_qemu_keep_their_class(void **state)
{
    struct fixture *f = *state;
    struct keeper keeper = {0};
    fixture_open(f, &(struct fake_qmp_options){.fn = keep, .arg = &keeper});
    struct fixture_call *a = fixture_execute(f, "a", "stop", 0);
    struct fixture_call *b = fixture_execute(f, "b", "dance", 0);
    fixture_await_heard(f, "dance");
    fake_qmp_fail(f->fake, keeper.ids[0], "GenericError", "not now");
    fake_qmp_fail(f->fake, keeper.ids[1], "CommandNotFound", "no such command");
    fixture_await(f, "a:INTERNAL b:UNIMPLEMENTED");
    assert_string_equal(a->err.reason, "GenericError");
    assert_string_equal(a->err.message, "QEMU refused \"stop\": not now");
    assert_string_equal(b->err.reason, "CommandNotFound");
}

static void events_carry_data_and_time(void **state)
{
    struct fixture *f = *state;
    fixture_open(f, NULL);
    fixture_await(f, "ready");
    fake_qmp_event(f->fake, "STOP", NULL);
    fake_qmp_event(f->fake, "MIGRATION", "{\"status\":\"completed\"}");
    fixture_await(f, "event:STOP event:MIGRATION{\"status\":\"completed\"}");
    assert_int_equal(f->last_stamp_us, 1000005);
}

static void a_late_reply_is_dropped(void **state)
{
    struct fixture *f = *state;
    struct keeper keeper = {0};
    fixture_open(f, &(struct fake_qmp_options){.fn = keep, .arg = &keeper});
    fixture_execute(f, "a", "stop", 20);
    fixture_await(f, "a:DEADLINE_EXCEEDED");
    fixture_execute(f, "b", "cont", 0);
    fixture_await_heard(f, "cont");
    fake_qmp_return(f->fake, keeper.ids[0], "{}");
    fake_qmp_return(f->fake, keeper.ids[1], "{}");
    fixture_await(f, "b:");
    assert_string_equal(gw_str_text(&f->trace), "ready:oob a:DEADLINE_EXCEEDED b:ok ");
}

static void a_deadline_counts_before_the_greeting_too(void **state)
{
    struct fixture *f = *state;
    fixture_open(f, &(struct fake_qmp_options){.is_silent = true});
    struct fixture_call *a = fixture_execute(f, "a", "stop", 20);
    fixture_await(f, "a:DEADLINE_EXCEEDED");
    assert_non_null(strstr(a->err.message, "could not be sent in time"));
}

static void oob_passes_a_monitor_that_hangs_in_band(void **state)
{
    struct fixture *f = *state;
    struct keeper keeper = {0};
    fixture_open(f, &(struct fake_qmp_options){.fn = keep, .arg = &keeper});
    for (int i = 0; i < 10; i++)
        fixture_execute(f, "hung", "query-migrate", 0);
    fixture_await_heard(f, "query-migrate");
    fixture_execute_oob(f, "y", "yank");
    fixture_await_heard(f, "yank");
    assert_true(keeper.was_oob);
    fake_qmp_return(f->fake, keeper.ids[keeper.n_ids - 1], "{}");
    fixture_await(f, "y:ok");
    assert_null(strstr(gw_str_text(&f->trace), "hung"));
}

static void at_most_7_in_band_commands_lie_in_qemu(void **state)
{
    struct fixture *f = *state;
    struct keeper keeper = {0};
    fixture_open(f, &(struct fake_qmp_options){.fn = keep, .arg = &keeper});
    fixture_await(f, "ready");
    for (int i = 0; i < 10; i++)
        fixture_execute(f, i == 9 ? "last" : "x", "query-status", 0);
    while (keeper.n_ids < 7)
        fixture_turn(f);
    fixture_turn(f);
    assert_int_equal(keeper.n_ids, 7);
    for (size_t i = 0; i < 10; i++) {
        while (keeper.n_ids <= i)
            fixture_turn(f);
        fake_qmp_return(f->fake, keeper.ids[i], "{}");
    }
    fixture_await(f, "last:ok");
}

static void oob_without_oob_is_refused_later(void **state)
{
    struct fixture *f = *state;
    fixture_open(f, &(struct fake_qmp_options){.has_no_oob = true});
    fixture_execute_oob(f, "early", "yank");
    assert_string_equal(gw_str_text(&f->trace), "");
    fixture_await(f, "early:UNIMPLEMENTED");
    fixture_execute_oob(f, "late", "yank");
    assert_null(strstr(gw_str_text(&f->trace), "late"));
    fixture_await(f, "late:UNIMPLEMENTED");
    assert_string_equal(fake_qmp_heard(f->fake), "");
}

static void the_65th_command_is_refused(void **state)
{
    struct fixture *f = *state;
    fixture_open(f, &(struct fake_qmp_options){.is_silent = true});
    for (int i = 0; i < GW_QMP_COMMANDS_MAX; i++)
        fixture_execute(f, "x", "stop", 0);
    struct fixture_call *call = fixture_execute(f, "y", "stop", 0);
    fixture_await(f, "y:RESOURCE_EXHAUSTED");
    assert_string_equal(gw_str_text(&f->trace), "y:RESOURCE_EXHAUSTED ");
    assert_non_null(strstr(call->err.message, "64 others are under way"));
}

struct fd_check {
    struct stat came[2];
    size_t n_came;
};

static void take_fd(void *arg, struct fake_qmp *fake, struct fake_qmp_command *command)
{
    struct fd_check *check = arg;
    assert_true(command->fd >= 0);
    assert_int_equal(fstat(command->fd, &check->came[check->n_came++]), 0);
    fake_qmp_return(fake, command->id, "{}");
}

static void descriptors_arrive_with_their_own_command(void **state)
{
    struct fixture *f = *state;
    struct fd_check check = {0};
    struct stat sent[2];
    int a[2], b[2];
    assert_int_equal(pipe(a), 0);
    assert_int_equal(pipe(b), 0);
    assert_int_equal(fstat(a[0], &sent[0]), 0);
    assert_int_equal(fstat(b[0], &sent[1]), 0);
    fixture_open(f, &(struct fake_qmp_options){.fn = take_fd, .arg = &check});
    fixture_send_fd(f, "a", a[0]);
    fixture_send_fd(f, "b", b[0]);
    for (int i = 0; i < 2; i++) { /* the session has its own copies */
        close(a[i]);
        close(b[i]);
    }
    fixture_await(f, "a:ok b:ok");
    assert_int_equal(check.n_came, 2);
    assert_int_equal(check.came[0].st_ino, sent[0].st_ino);
    assert_int_equal(check.came[1].st_ino, sent[1].st_ino);
}

static void a_bad_descriptor_is_told_later(void **state)
{
    struct fixture *f = *state;
    fixture_open(f, NULL);
    fixture_send_fd(f, "a", -1);
    assert_string_equal(gw_str_text(&f->trace), "");
    fixture_await(f, "a:INTERNAL");
}

static void a_hang_up_finishes_commands_then_tells_closed(void **state)
{
    struct fixture *f = *state;
    struct keeper keeper = {0};
    fixture_open(f, &(struct fake_qmp_options){.fn = keep, .arg = &keeper});
    struct fixture_call *a = fixture_execute(f, "a", "stop", 0);
    fixture_execute_oob(f, "b", "yank");
    fixture_await_heard(f, "stop");
    fake_qmp_event(f->fake, "SHUTDOWN", NULL);
    fake_qmp_hang_up(f->fake);
    fixture_await(f, "closed");
    assert_string_equal(gw_str_text(&f->trace),
                        "ready:oob event:SHUTDOWN a:UNAVAILABLE b:UNAVAILABLE closed:UNAVAILABLE ");
    assert_non_null(strstr(a->err.message, "QEMU hung up"));
    assert_non_null(strstr(a->err.message, f->path));
}

static void a_command_after_the_end_is_unavailable(void **state)
{
    struct fixture *f = *state;
    fixture_open(f, NULL);
    fixture_await(f, "ready");
    fake_qmp_hang_up(f->fake);
    fixture_await(f, "closed");
    fixture_execute(f, "a", "stop", 0);
    assert_null(strstr(gw_str_text(&f->trace), "a:"));
    fixture_await(f, "a:UNAVAILABLE");
}

static void nothing_is_told_after_close(void **state)
{
    struct fixture *f = *state;
    fixture_open(f, NULL);
    fixture_execute(f, "a", "stop", 0);
    gw_qmp_close(f->qmp);
    f->qmp = NULL;
    for (int i = 0; i < 5; i++)
        fixture_turn(f);
    assert_string_equal(gw_str_text(&f->trace), "");
}

static void close_is_safe_in_every_handler(void **state)
{
    static const char *const words[] = {"ready:oob",     "event:STOP",
                                        "a:ok",          "c:DEADLINE_EXCEEDED",
                                        "d:UNAVAILABLE", "closed:UNAVAILABLE"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct keeper keeper = {0};
        fixture_teardown(state);
        fixture_setup(state);
        struct fixture *f = *state;
        f->close_at = words[i];
        fixture_open(f, &(struct fake_qmp_options){.fn = keep, .arg = &keeper});
        fixture_execute(f, "a", "stop", 0);
        /* Long enough to be sent on the busiest machine. */
        fixture_execute(f, "c", "stop", i < 3 ? 0 : 500);
        fixture_execute(f, "d", "stop", 0);
        if (i > 0) {
            fixture_await_heard(f, "stop stop stop");
            fake_qmp_send_text(f->fake, "{\"event\": \"STOP\"}\n");
            fake_qmp_return(f->fake, keeper.ids[0], "{}");
        }
        if (i > 3) {
            fixture_await(f, "c:DEADLINE_EXCEEDED");
            fake_qmp_hang_up(f->fake);
        }
        fixture_await(f, words[i]);
        assert_null(f->qmp);
        for (int turn = 0; turn < 3; turn++)
            fixture_turn(f);
        const char *last = strstr(gw_str_text(&f->trace), words[i]);
        assert_int_equal(strlen(last), strlen(words[i]) + 1);
    }
}

static void a_missing_socket_is_not_found(void **state)
{
    struct fixture *f = *state;
    struct gw_error err = {0};
    assert_null(gw_qmp_open(f->loop, f->path, &(struct gw_qmp_handlers){0}, &err));
    assert_int_equal(err.code, GW_NOT_FOUND);
    assert_non_null(strstr(err.message, f->path));
}

static void a_socket_nobody_listens_on_is_unavailable(void **state)
{
    struct fixture *f = *state;
    char other[80];
    struct gw_error err = {0};
    f->fake = fake_qmp_new(f->loop, f->path, &(struct fake_qmp_options){0});
    (void)snprintf(other, sizeof other, "%s.left", f->path);
    assert_int_equal(rename(f->path, other), 0);
    fake_qmp_free(f->fake);
    f->fake = NULL;
    assert_null(gw_qmp_open(f->loop, other, &(struct gw_qmp_handlers){0}, &err));
    assert_int_equal(err.code, GW_UNAVAILABLE);
    (void)unlink(other);
}

static void a_path_too_long_is_refused(void **state)
{
    struct fixture *f = *state;
    char path[109];
    struct gw_error err = {0};
    memset(path, 'x', sizeof path - 1);
    path[0] = '/';
    path[sizeof path - 1] = '\0';
    assert_null(gw_qmp_open(f->loop, path, &(struct gw_qmp_handlers){0}, &err));
    assert_int_equal(err.code, GW_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "may have 107"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(session_becomes_ready_with_oob),
        FIXTURE_TEST(session_becomes_ready_without_oob),
        FIXTURE_TEST(commands_started_before_ready_are_sent_after_it),
        FIXTURE_TEST(replies_are_matched_by_id),
        FIXTURE_TEST(errors_of_qemu_keep_their_class),
        FIXTURE_TEST(events_carry_data_and_time),
        FIXTURE_TEST(a_late_reply_is_dropped),
        FIXTURE_TEST(a_deadline_counts_before_the_greeting_too),
        FIXTURE_TEST(oob_passes_a_monitor_that_hangs_in_band),
        FIXTURE_TEST(at_most_7_in_band_commands_lie_in_qemu),
        FIXTURE_TEST(oob_without_oob_is_refused_later),
        FIXTURE_TEST(the_65th_command_is_refused),
        FIXTURE_TEST(descriptors_arrive_with_their_own_command),
        FIXTURE_TEST(a_bad_descriptor_is_told_later),
        FIXTURE_TEST(a_hang_up_finishes_commands_then_tells_closed),
        FIXTURE_TEST(a_command_after_the_end_is_unavailable),
        FIXTURE_TEST(nothing_is_told_after_close),
        FIXTURE_TEST(close_is_safe_in_every_handler),
        FIXTURE_TEST(a_missing_socket_is_not_found),
        FIXTURE_TEST(a_socket_nobody_listens_on_is_unavailable),
        FIXTURE_TEST(a_path_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
