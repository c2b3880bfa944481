#ifndef GW_BASE_LOG_H
#define GW_BASE_LOG_H
/* Structured log: one line one event, on stderr for the journal:
 *     2026-11-21T10:00:00.123Z info migration.phase_changed host=h1 guest=... phase=COPYING
 * Levels: error = a person must act; warn = handled, says what happens next; info = lifecycle;
 * debug = off. Library code logs nothing above debug. Never a secret. */

#include <stdbool.h>

#include "base/clock.h"
#include "base/error.h"

enum gw_log_level { GW_LOG_ERROR, GW_LOG_WARN, GW_LOG_INFO, GW_LOG_DEBUG };

enum { GW_LOG_CONTEXT_MAX = 256 }; /* bound keys of one log: host, guest, migration */

/* A sink plus bound context; copied freely. Thread: any, a line is one write(2). */
struct gw_log {
    enum gw_log_level level;
    int fd;
    const struct gw_clock *clock;
    char context[GW_LOG_CONTEXT_MAX];
};

void gw_log_init(struct gw_log *log, int fd, enum gw_log_level level, const struct gw_clock *clock);
/* A log that drops everything. */
struct gw_log gw_log_none(void);
/* @parent with " key=value" added to its context; cut when it does not fit. */
struct gw_log gw_log_with(const struct gw_log *parent, const char *key, const char *value);
/* "error", "warn", "info" or "debug". Returns 0, or -1 for another word. */
int gw_log_level_parse(const char *word, enum gw_log_level *out_level);

/* Write event @name ("area.noun_verb") with "key=value ..." from @fmt; values with spaces are the
 * caller's to quote. */
void gw_log_event(const struct gw_log *log,
                  enum gw_log_level level,
                  const char *name,
                  const char *fmt,
                  ...) __attribute__((format(printf, 4, 5)));
/* Write event @name with @err's code, place and message. */
void gw_log_failure(const struct gw_log *log,
                    enum gw_log_level level,
                    const char *name,
                    const struct gw_error *err);

#define gw_log_error(log, name, ...) gw_log_event((log), GW_LOG_ERROR, (name), __VA_ARGS__)
#define gw_log_warn(log, name, ...) gw_log_event((log), GW_LOG_WARN, (name), __VA_ARGS__)
#define gw_log_info(log, name, ...) gw_log_event((log), GW_LOG_INFO, (name), __VA_ARGS__)
#define gw_log_debug(log, name, ...) gw_log_event((log), GW_LOG_DEBUG, (name), __VA_ARGS__)

#endif
