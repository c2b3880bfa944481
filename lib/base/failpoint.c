/* Fault points (failpoint.h). The settings are read from the environment at each passing: slow, but
 * there is no state but the counts, and only test builds have it. */
#include "base/failpoint.h"

#ifdef GW_FAILPOINTS

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/str.h"

enum { RULES_MAX = 16, NAME_MAX_BYTES = 96 };

/* How often the n-th rule's place was passed. The one mutable global of the tree: a place has no
 * object to hang it on, and release builds have neither. */
static atomic_uint passed[RULES_MAX];

struct rule {
    char name[NAME_MAX_BYTES];
    unsigned nth; /* 0: each time */
    char action[32];
};

/* "name[:nth]=action". Returns -1 when it is none. */
static int parse(char *text, struct rule *out)
{
    char *action = strchr(text, '=');
    *out = (struct rule){.nth = 1};
    if (!action)
        return -1;
    *action++ = '\0';
    char *nth = strchr(text, ':');
    if (nth) {
        *nth++ = '\0';
        out->nth = *nth == '*' ? 0 : (unsigned)strtoul(nth, NULL, 10);
    }
    return gw_str_copy(out->name, sizeof out->name, text) |
           gw_str_copy(out->action, sizeof out->action, action);
}

static void stay(unsigned long ms)
{
    struct timespec left = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000L};
    while (nanosleep(&left, &left) < 0 && errno == EINTR)
        ;
}

static int act(const struct rule *rule, struct gw_error *err)
{
    if (strcmp(rule->action, "kill") == 0)
        (void)raise(SIGKILL);
    if (strcmp(rule->action, "hang") == 0) {
        for (;;)
            (void)pause();
    }
    if (strncmp(rule->action, "sleep:", 6) == 0)
        stay(strtoul(rule->action + 6, NULL, 10));
    if (strcmp(rule->action, "error") == 0)
        return gw_error_set_errno(err, EIO, "fault point %s", rule->name);
    if (strcmp(rule->action, "nospace") == 0)
        return gw_error_set_errno(err, ENOSPC, "fault point %s", rule->name);
    return 0;
}

static void note(const char *name)
{
    const char *path = getenv("GODWIT_FAILPOINT_LOG"); // NOLINT(concurrency-mt-unsafe): never set
    if (!path)
        return;
    GW_AUTO_FD int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    char line[NAME_MAX_BYTES + 1];
    int len = snprintf(line, sizeof line, "%s\n", name);
    if (fd >= 0 && write(fd, line, (size_t)len) != len)
        (void)fprintf(stderr, "failpoint: can't write %s\n", path);
}

int gw_failpoint_pass(struct gw_error *err, const char *fmt, ...)
{
    char name[NAME_MAX_BYTES];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(name, sizeof name, fmt, args);
    va_end(args);
    note(name);
    const char *all = getenv("GODWIT_FAILPOINT"); // NOLINT(concurrency-mt-unsafe): never set
    GW_AUTO_FREE char *copy = strdup(all ? all : "");
    unsigned i = 0;
    for (char *rest = copy, *text; (text = strsep(&rest, ",")) && i < RULES_MAX; i++) {
        struct rule rule;
        if (parse(text, &rule) < 0 || strcmp(rule.name, name) != 0)
            continue;
        unsigned n = atomic_fetch_add(&passed[i], 1) + 1;
        if (rule.nth == 0 || rule.nth == n)
            return act(&rule, err);
    }
    return 0;
}

#else

/* ISO C wants something in every file. */
typedef int gw_failpoint_none;

#endif
