#ifndef SRC_MONITOR_H
#define SRC_MONITOR_H
/* The monitor session of one guest, opened again for as long as its QEMU lives. Events and changes
 * go to the guest (src_guest_on_...). Thread: loop thread. */

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "guest.h"
#include "qmp/qmp.h"

enum {
    SRC_MONITOR_RETRY_MIN_MS = 20,
    SRC_MONITOR_RETRY_MAX_MS = 1000,
    SRC_QMP_DEADLINE_MS = 5000,      /* commands that QEMU answers at once */
    SRC_QMP_SLOW_DEADLINE_MS = 15000 /* those that connect to another host or flush disks */
};

/* NULL without memory. */
struct src_monitor *src_monitor_open(struct src_guest *guest);
/* Greeting done: commands can be sent. False for NULL. */
bool src_monitor_is_ready(const struct src_monitor *monitor);
/* Send a command; @arguments are taken over. Returns 0: @fn (may be NULL) runs once, unless the
 * monitor is closed first. Returns -1: there is no session, @fn never runs. */
int src_monitor_execute(struct src_monitor *monitor,
                        const char *command,
                        json_object *arguments,
                        uint32_t deadline_ms,
                        gw_qmp_result_fn fn,
                        void *arg);
int src_monitor_execute_oob(struct src_monitor *monitor,
                            const char *command,
                            json_object *arguments,
                            uint32_t deadline_ms,
                            gw_qmp_result_fn fn,
                            void *arg);
/* Hand QEMU @fd under @name (getfd); @fd stays the caller's. */
int src_monitor_send_fd(struct src_monitor *monitor,
                        int fd,
                        const char *name,
                        uint32_t deadline_ms,
                        gw_qmp_result_fn fn,
                        void *arg);
/* Open commands are dropped without being finished. NULL is fine. */
void src_monitor_close(struct src_monitor *monitor);

#endif
