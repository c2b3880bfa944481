#ifndef GW_TESTS_SUPPORT_FAKE_QMP_H
#define GW_TESTS_SUPPORT_FAKE_QMP_H
/* A QEMU monitor that a test plays: listens on a unix socket, on the loop of the test, greets and
 * shakes hands by itself, and asks the test what to do with each command. Every failure of the fake
 * itself aborts the program. */

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop/loop.h"

struct fake_qmp;

struct fake_qmp_command {
    const char *name;
    json_object *arguments; /* may be NULL */
    int64_t id;
    bool is_oob;
    int fd; /* that came with it, or -1; closed after the call unless set to -1 */
};

/* Answer through fake_qmp_return() and the like, now or later. */
typedef void (*fake_qmp_fn)(void *arg, struct fake_qmp *fake, struct fake_qmp_command *command);

struct fake_qmp_options {
    bool is_silent;         /* sends no greeting */
    bool has_no_oob;        /* offers no out-of-band commands */
    bool refuses_handshake; /* answers qmp_capabilities with an error */
    fake_qmp_fn fn;         /* NULL: every command returns {} */
    void *arg;
};

/* Listen on @path. One client at a time, as QEMU does; the next is served after a hang-up. */
struct fake_qmp *
fake_qmp_new(struct gw_loop *loop, const char *path, const struct fake_qmp_options *options);
/* Hang up, stop listening and remove the socket. NULL is fine. */
void fake_qmp_free(struct fake_qmp *fake);

/* @json: the value of "return". */
void fake_qmp_return(struct fake_qmp *fake, int64_t id, const char *json);
void fake_qmp_fail(struct fake_qmp *fake, int64_t id, const char *error_class, const char *text);
/* @data_json may be NULL. The time stamp is 1 s and 5 us after 1970. */
void fake_qmp_event(struct fake_qmp *fake, const char *name, const char *data_json);
void fake_qmp_send_bytes(struct fake_qmp *fake, const char *bytes, size_t len);
void fake_qmp_send_text(struct fake_qmp *fake, const char *text);
/* Close the connection once everything sent is out. */
void fake_qmp_hang_up(struct fake_qmp *fake);
/* Stop or go on reading commands. */
void fake_qmp_pause(struct fake_qmp *fake, bool is_paused);
/* Names of the commands received so far, each followed by a space; qmp_capabilities is left out. */
const char *fake_qmp_heard(const struct fake_qmp *fake);

#endif
