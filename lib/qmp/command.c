/* The table of a session's open commands: which is sent next, which reply belongs to whom, whose
 * time is up. No I/O.
 *
 * A command past its deadline is finished at once and stays as ABANDONED until its reply comes, as
 * it still takes a place in QEMU's queue. A descriptor can lie on the monitor only once: QEMU keeps
 * the last one received until `getfd` takes it (chardev/char-socket.c, tcp_chr_recv), so a second
 * `getfd` waits for the first one's reply, and what was started after it waits behind it. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "qmp/qmp_priv.h"

void gw_qmp_table_init(struct gw_qmp_table *table)
{
    *table = (struct gw_qmp_table){.next_id = 1};
    TAILQ_INIT(&table->list);
}

void gw_qmp_table_fini(struct gw_qmp_table *table)
{
    struct gw_qmp_command *command;
    while ((command = TAILQ_FIRST(&table->list)))
        gw_qmp_table_remove(table, command);
}

static bool is_open(enum gw_qmp_command_state state)
{
    return state == GW_QMP_WAITING || state == GW_QMP_SENT;
}

struct gw_qmp_command *gw_qmp_table_add(struct gw_qmp_table *table, const char *name)
{
    struct gw_qmp_command *command = calloc(1, sizeof *command);
    if (!command)
        return NULL;
    command->id = table->next_id++;
    command->fd = -1;
    (void)snprintf(command->name, sizeof command->name, "%s", name);
    TAILQ_INSERT_TAIL(&table->list, command, link);
    table->n_open++;
    return command;
}

void gw_qmp_table_move(struct gw_qmp_table *table,
                       struct gw_qmp_command *command,
                       enum gw_qmp_command_state state)
{
    table->n_open -= is_open(command->state) ? 1u : 0u;
    table->n_open += is_open(state) ? 1u : 0u;
    command->state = state;
}

void gw_qmp_table_remove(struct gw_qmp_table *table, struct gw_qmp_command *command)
{
    table->n_open -= is_open(command->state) ? 1u : 0u;
    TAILQ_REMOVE(&table->list, command, link);
    if (command->fd >= 0)
        close(command->fd);
    free(command->text);
    free(command);
}

static bool is_sent(const struct gw_qmp_command *command)
{
    return command->state == GW_QMP_SENT || command->state == GW_QMP_ABANDONED;
}

struct gw_qmp_command *gw_qmp_table_find_sent(struct gw_qmp_table *table, uint64_t id)
{
    struct gw_qmp_command *command;
    TAILQ_FOREACH(command, &table->list, link)
    {
        if (command->id == id && is_sent(command))
            return command;
    }
    return NULL;
}

/* True when some of the command's bytes are out and some are not: nothing may come in between. */
static bool is_partial(const struct gw_qmp_command *command)
{
    return command->n_sent > 0 && command->n_sent < command->len;
}

struct gw_qmp_command *gw_qmp_table_next_to_send(struct gw_qmp_table *table)
{
    struct gw_qmp_command *command, *in_band = NULL, *oob = NULL;
    unsigned n_in_band = 0;
    bool has_fd_out = false;
    TAILQ_FOREACH(command, &table->list, link)
    {
        if (is_partial(command))
            return command;
        if (is_sent(command)) {
            n_in_band += command->is_oob ? 0 : 1;
            has_fd_out = has_fd_out || command->carries_fd;
        } else if (command->is_handshake) {
            return command;
        } else if (command->state == GW_QMP_WAITING && table->is_ready) {
            if (command->is_oob && !oob)
                oob = command;
            if (!command->is_oob && !in_band)
                in_band = command;
        }
    }
    if (oob)
        return oob;
    if (!in_band || n_in_band >= GW_QMP_IN_BAND_MAX || (in_band->carries_fd && has_fd_out))
        return NULL;
    return in_band;
}

static uint64_t due_us(const struct gw_qmp_command *command)
{
    if (command->state == GW_QMP_REFUSED)
        return 1;
    return is_open(command->state) ? command->deadline_us : 0;
}

struct gw_qmp_command *gw_qmp_table_next_due(struct gw_qmp_table *table, uint64_t now_us)
{
    struct gw_qmp_command *command;
    TAILQ_FOREACH(command, &table->list, link)
    {
        uint64_t due = due_us(command);
        if (due && due <= now_us)
            return command;
    }
    return NULL;
}

uint64_t gw_qmp_table_due_us(const struct gw_qmp_table *table)
{
    const struct gw_qmp_command *command;
    uint64_t first = 0;
    TAILQ_FOREACH(command, &table->list, link)
    {
        uint64_t due = due_us(command);
        if (due && (!first || due < first))
            first = due;
    }
    return first;
}
