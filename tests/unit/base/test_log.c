#include "base/log.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/test.h"

struct sink {
    int fds[2];
    struct gw_log log;
    uint64_t wall_us;
    char text[4096];
};

static uint64_t wall_us(void *arg)
{
    return ((const struct sink *)arg)->wall_us;
}

static int open_sink(void **state)
{
    struct sink *sink = calloc(1, sizeof *sink);
    if (!sink || pipe2(sink->fds, O_CLOEXEC | O_NONBLOCK) < 0)
        return -1;
    sink->wall_us = 1795255200123456; /* 2026-11-21T10:00:00.123456Z */
    *state = sink;
    return 0;
}

static int close_sink(void **state)
{
    struct sink *sink = *state;
    close(sink->fds[0]);
    close(sink->fds[1]);
    free(sink);
    return 0;
}

static struct gw_log *log_to(struct sink *sink, enum gw_log_level level, struct gw_clock *clock)
{
    *clock = (struct gw_clock){.mono_us = wall_us, .wall_us = wall_us, .arg = sink};
    gw_log_init(&sink->log, sink->fds[1], level, clock);
    return &sink->log;
}

static const char *written(struct sink *sink)
{
    ssize_t n = read(sink->fds[0], sink->text, sizeof sink->text - 1);
    sink->text[n > 0 ? n : 0] = '\0';
    return sink->text;
}

static void an_event_is_one_line(void **state)
{
    struct sink *sink = *state;
    struct gw_clock clock;
    gw_log_info(log_to(sink, GW_LOG_INFO, &clock), "guest.started", "guest=%s n=%d", "g1", 3);
    assert_string_equal(written(sink),
                        "2026-11-21T10:00:00.123Z info guest.started guest=g1 n=3\n");
}

static void lower_levels_are_dropped(void **state)
{
    struct sink *sink = *state;
    struct gw_clock clock;
    struct gw_log *log = log_to(sink, GW_LOG_WARN, &clock);
    gw_log_info(log, "a.b", "x=1");
    gw_log_debug(log, "a.b", "x=1");
    assert_string_equal(written(sink), "");
    gw_log_warn(log, "a.b", "x=1");
    gw_log_error(log, "a.b", "x=1");
    assert_contains(written(sink), " warn a.b x=1\n");
    assert_contains(sink->text, " error a.b x=1\n");
}

static void context_stands_before_the_values(void **state)
{
    struct sink *sink = *state;
    struct gw_clock clock;
    struct gw_log child = gw_log_with(log_to(sink, GW_LOG_INFO, &clock), "host", "h1");
    struct gw_log grandchild = gw_log_with(&child, "guest", "g1");
    gw_log_info(&grandchild, "a.b", "x=1");
    assert_contains(written(sink), " info a.b host=h1 guest=g1 x=1\n");
}

static void context_past_its_limit_is_cut(void **state)
{
    struct sink *sink = *state;
    struct gw_clock clock;
    char big[GW_LOG_CONTEXT_MAX + 9] = {0};
    memset(big, 'a', sizeof big - 1);
    struct gw_log child = gw_log_with(log_to(sink, GW_LOG_INFO, &clock), "host", big);
    assert_int_equal(strlen(child.context), GW_LOG_CONTEXT_MAX - 1);
    child = gw_log_with(&child, "guest", "g1");
    gw_log_info(&child, "a.b", "x=1");
    assert_contains(written(sink), "aaa x=1\n");
}

static void nothing_from_outside_starts_a_line_of_its_own(void **state)
{
    struct sink *sink = *state;
    struct gw_clock clock;
    gw_log_info(log_to(sink, GW_LOG_INFO, &clock), "a.b", "x=%s", "1\nerror fake.event\x1b[0m");
    assert_contains(written(sink), "x=1?error fake.event?[0m\n");
    assert_ptr_equal(strchr(sink->text, '\n'), sink->text + strlen(sink->text) - 1);
}

static void a_line_past_the_limit_is_cut_and_ends(void **state)
{
    struct sink *sink = *state;
    struct gw_clock clock;
    char big[3000];
    memset(big, 'a', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    gw_log_info(log_to(sink, GW_LOG_INFO, &clock), "a.b", "x=%s", big);
    size_t len = strlen(written(sink));
    assert_true(len <= 2048);
    assert_int_equal(sink->text[len - 1], '\n');
}

static void a_failure_shows_code_place_and_message(void **state)
{
    struct sink *sink = *state;
    struct gw_clock clock;
    struct gw_error err = {0};
    gw_error_set(&err, GW_NOT_FOUND, "no guest g1");
    gw_log_failure(log_to(sink, GW_LOG_INFO, &clock), GW_LOG_WARN, "a.b", &err);
    assert_contains(written(sink), " warn a.b code=NOT_FOUND at=test_log.c:");
    assert_contains(sink->text, " message=\"no guest g1\"\n");
}

static void no_log_is_silent(void **state)
{
    (void)state;
    struct gw_log none = gw_log_none();
    gw_log_error(&none, "a.b", "x=1");
    gw_log_event(NULL, GW_LOG_ERROR, "a.b", "x=1");
}

static void level_words_are_known(void **state)
{
    (void)state;
    enum gw_log_level level = GW_LOG_ERROR;
    assert_int_equal(gw_log_level_parse("debug", &level), 0);
    assert_int_equal(level, GW_LOG_DEBUG);
    assert_int_equal(gw_log_level_parse("warn", &level), 0);
    assert_int_equal(level, GW_LOG_WARN);
    assert_int_equal(gw_log_level_parse("loud", &level), -1);
    assert_int_equal(gw_log_level_parse("", &level), -1);
    assert_int_equal(level, GW_LOG_WARN);
}

#define with_sink(test) cmocka_unit_test_setup_teardown(test, open_sink, close_sink)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sink(an_event_is_one_line),
        with_sink(lower_levels_are_dropped),
        with_sink(context_stands_before_the_values),
        with_sink(context_past_its_limit_is_cut),
        with_sink(nothing_from_outside_starts_a_line_of_its_own),
        with_sink(a_line_past_the_limit_is_cut_and_ends),
        with_sink(a_failure_shows_code_place_and_message),
        cmocka_unit_test(no_log_is_silent),
        cmocka_unit_test(level_words_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
