/* Commands onto the monitor socket, a descriptor with the first byte of the command it belongs to.
 */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "qmp/qmp_priv.h"

static ssize_t send_some(int fd, const struct gw_qmp_command *command)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec part = {command->text + command->n_sent, command->len - command->n_sent};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (command->fd >= 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(head), &command->fd, sizeof(int));
    }
    ssize_t n;
    do {
        n = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    return n;
}

/* Account for @n bytes of @command that went out. */
static void advance(struct gw_qmp_table *table, struct gw_qmp_command *command, size_t n)
{
    if (command->fd >= 0) {
        close(command->fd);
        command->fd = -1;
    }
    command->n_sent += n;
    if (command->n_sent == command->len && command->state == GW_QMP_WAITING)
        gw_qmp_table_move(table, command, GW_QMP_SENT);
}

int gw_qmp_output_flush(struct gw_qmp_table *table,
                        int fd,
                        bool *out_is_blocked,
                        struct gw_error *err)
{
    struct gw_qmp_command *command;
    *out_is_blocked = false;
    while ((command = gw_qmp_table_next_to_send(table))) {
        ssize_t n = send_some(fd, command);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            *out_is_blocked = true;
            return 0;
        }
        if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
            return 0; /* what QEMU said last is still to be read, and then its hang-up */
        if (n < 0)
            return gw_error_set_errno(err, errno, "sending \"%s\"", command->name);
        advance(table, command, (size_t)n);
    }
    return 0;
}
