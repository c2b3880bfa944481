#ifndef GW_QMP_QMP_PRIV_H
#define GW_QMP_QMP_PRIV_H
/* The parts a session is made of; each is free of I/O but output.c, and tested by itself. */

#include <stddef.h>
#include <sys/queue.h>

#include "qmp/qmp.h"

/* ---- line.c: bytes to JSON objects, one object a line ---- */

/* Parses while bytes come in, so that no line is ever kept as text. */
struct gw_qmp_line {
    json_tokener *tokener;
    json_object *object; /* complete, waiting for its end of line */
    size_t n_bytes;      /* of the line so far */
    size_t max_bytes;
    bool has_text;
};

int gw_qmp_line_init(struct gw_qmp_line *line, size_t max_bytes, struct gw_error *err);
void gw_qmp_line_fini(struct gw_qmp_line *line);
/* Take bytes up to the end of the first line in @bytes. *out_used: how many were taken.
 * *out_object: the line's object, owned by the caller, or NULL while the line goes on or was empty.
 * Errors: DATA_LOSS not a JSON object; RESOURCE_EXHAUSTED longer than the limit. */
int gw_qmp_line_feed(struct gw_qmp_line *line,
                     const char *bytes,
                     size_t len,
                     size_t *out_used,
                     json_object **out_object,
                     struct gw_error *err);
/* True when a line was begun and not ended. */
bool gw_qmp_line_is_open(const struct gw_qmp_line *line);

/* ---- message.c: JSON objects to messages, commands to text ---- */

enum gw_qmp_kind { GW_QMP_GREETING, GW_QMP_RETURN, GW_QMP_ERROR, GW_QMP_EVENT };

/* All pointers are borrowed from the object that was parsed. */
struct gw_qmp_message {
    enum gw_qmp_kind kind;
    bool offers_oob;         /* greeting */
    bool has_id;             /* return, error */
    uint64_t id;             /* return, error */
    json_object *data;       /* return: its value; event: its data or NULL */
    const char *event;       /* event */
    uint64_t stamp_us;       /* event */
    const char *error_class; /* error */
    const char *error_text;  /* error */
};

/* Errors: DATA_LOSS @object is none of the kinds. */
int gw_qmp_message_parse(json_object *object, struct gw_qmp_message *out, struct gw_error *err);
/* The line of a command, malloc'd, *out_len bytes. @arguments may be NULL and stays the caller's.
 * Errors: RESOURCE_EXHAUSTED no memory; INVALID_ARGUMENT over GW_QMP_COMMAND_MAX_BYTES. */
char *gw_qmp_message_format(const char *command,
                            bool is_oob,
                            json_object *arguments,
                            uint64_t id,
                            size_t *out_len,
                            struct gw_error *err);

/* ---- command.c: the table of open commands ---- */

enum {
    /* In-band commands sent and not answered. QEMU stops reading its monitor, out-of-band commands
     * included, when 8 wait (monitor/qmp.c, QMP_REQ_QUEUE_LEN_MAX). */
    GW_QMP_IN_BAND_MAX = 7,
    GW_QMP_COMMAND_NAME_MAX = 64,
};

enum gw_qmp_command_state {
    GW_QMP_WAITING,   /* not sent, or in part */
    GW_QMP_SENT,      /* waits for its reply */
    GW_QMP_ABANDONED, /* finished by its deadline; its reply is still to come */
    GW_QMP_REFUSED,   /* will be finished with @err at the next turn of the loop */
};

struct gw_qmp_command {
    TAILQ_ENTRY(gw_qmp_command) link;
    enum gw_qmp_command_state state;
    uint64_t id;
    bool is_oob;
    bool is_handshake; /* qmp_capabilities: the only one sent before the session is ready */
    bool carries_fd;
    int fd; /* -1 none, or handed over */
    char name[GW_QMP_COMMAND_NAME_MAX];
    char *text;
    size_t len, n_sent;
    uint64_t deadline_us; /* 0: none */
    gw_qmp_result_fn fn;
    void *arg;
    struct gw_error err;
};

struct gw_qmp_table {
    TAILQ_HEAD(gw_qmp_command_list, gw_qmp_command) list; /* oldest first */
    uint64_t next_id;
    size_t n_open; /* WAITING and SENT */
    bool is_ready; /* the handshake is done */
};

void gw_qmp_table_init(struct gw_qmp_table *table);
/* Free every command without finishing it. */
void gw_qmp_table_fini(struct gw_qmp_table *table);
/* A new command with the next id, WAITING. NULL: no memory. */
struct gw_qmp_command *gw_qmp_table_add(struct gw_qmp_table *table, const char *name);
/* Set @command's state. */
void gw_qmp_table_move(struct gw_qmp_table *table,
                       struct gw_qmp_command *command,
                       enum gw_qmp_command_state state);
/* Take out and free. */
void gw_qmp_table_remove(struct gw_qmp_table *table, struct gw_qmp_command *command);
/* The command that was sent under @id, or NULL. */
struct gw_qmp_command *gw_qmp_table_find_sent(struct gw_qmp_table *table, uint64_t id);
/* The command whose bytes go out next, or NULL. */
struct gw_qmp_command *gw_qmp_table_next_to_send(struct gw_qmp_table *table);
/* A command to finish now without a reply: refused, or past its deadline at @now_us. Or NULL. */
struct gw_qmp_command *gw_qmp_table_next_due(struct gw_qmp_table *table, uint64_t now_us);
/* When gw_qmp_table_next_due() will have one; 0 when never, as things are. */
uint64_t gw_qmp_table_due_us(const struct gw_qmp_table *table);

/* ---- output.c ---- */

/* Write what the socket @fd takes of the commands due, at most up to a full socket.
 * *out_is_blocked: the socket is full. Errors: UNAVAILABLE and others by errno. */
int gw_qmp_output_flush(struct gw_qmp_table *table,
                        int fd,
                        bool *out_is_blocked,
                        struct gw_error *err);

#endif
