/* One client of an NBD server: fixed newstyle handshake, simple replies. Runs on a thread of its
 * own; blocks. */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/scope.h"
#include "machine.h"

#define MAGIC_INIT UINT64_C(0x4e42444d41474943)
#define MAGIC_OPTION UINT64_C(0x49484156454f5054)
#define MAGIC_OPTION_REPLY UINT64_C(0x0003e889045565a9)
#define MAGIC_REQUEST UINT32_C(0x25609513)
#define MAGIC_REPLY UINT32_C(0x67446698)

enum {
    OPTION_MAX_BYTES = 4096,
    REQUEST_MAX_BYTES = 32 * 1024 * 1024,
    FIXED_NEWSTYLE = 1,
    OPT_ABORT = 2,
    OPT_INFO = 6,
    OPT_GO = 7,
    CMD_READ = 0,
    CMD_WRITE = 1,
    CMD_DISCONNECT = 2,
    CMD_FLUSH = 3,
    CMD_TRIM = 4,
    CMD_WRITE_ZEROES = 6,
    FLAG_FUA = 1,
    /* HAS_FLAGS, SEND_FLUSH, SEND_FUA, SEND_TRIM, SEND_WRITE_ZEROES, CAN_MULTI_CONN */
    EXPORT_FLAGS = 0x1 | 0x4 | 0x8 | 0x20 | 0x40 | 0x100,
    EXPORT_READ_ONLY = 0x2,
};
#define REPLY_ACK UINT32_C(1)
#define REPLY_INFO UINT32_C(3)
#define REPLY_UNSUPPORTED UINT32_C(0x80000001)
#define REPLY_UNKNOWN UINT32_C(0x80000006)

struct option {
    uint64_t magic;
    uint32_t option;
    uint32_t len;
} __attribute__((packed));

struct option_reply {
    uint64_t magic;
    uint32_t option;
    uint32_t type;
    uint32_t len;
} __attribute__((packed));

struct export_info {
    uint16_t type;
    uint64_t size;
    uint16_t flags;
} __attribute__((packed));

struct request {
    uint32_t magic;
    uint16_t flags;
    uint16_t type;
    uint64_t cookie;
    uint64_t offset;
    uint32_t len;
} __attribute__((packed));

struct reply {
    uint32_t magic;
    uint32_t error;
    uint64_t cookie;
} __attribute__((packed));

static bool get(int fd, void *buffer, size_t len)
{
    return len == 0 || recv(fd, buffer, len, MSG_WAITALL) == (ssize_t)len;
}

static bool put(int fd, const void *buffer, size_t len)
{
    const char *next = buffer;
    while (len > 0) {
        ssize_t n = send(fd, next, len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        next += n;
        len -= (size_t)n;
    }
    return true;
}

/* ---- handshake ---- */

static bool put_option_reply(int fd, uint32_t option, uint32_t type, const void *data, uint32_t len)
{
    const struct option_reply reply = {.magic = htobe64(MAGIC_OPTION_REPLY),
                                       .option = htobe32(option),
                                       .type = htobe32(type),
                                       .len = htobe32(len)};
    return put(fd, &reply, sizeof reply) && put(fd, data, len);
}

static struct fq_export *find_by_name(struct fq_nbd_server *server, const char *name, size_t len)
{
    (void)pthread_mutex_lock(&server->mutex);
    struct fq_export *export = server->exports;
    while (export && (strlen(export->name) != len || memcmp(export->name, name, len) != 0))
        export = export->next;
    (void)pthread_mutex_unlock(&server->mutex);
    return export;
}

/* INFO and GO: u32 length of the name, the name, what else is wanted. */
static bool on_go(struct fq_nbd_session *session,
                  uint32_t option,
                  const char *data,
                  uint32_t len,
                  struct fq_export **out)
{
    uint32_t name_len = 0;
    if (len < sizeof name_len)
        return false;
    memcpy(&name_len, data, sizeof name_len);
    name_len = be32toh(name_len);
    if (name_len > len - sizeof name_len)
        return false;
    struct fq_export *export = find_by_name(session->server, data + sizeof name_len, name_len);
    if (!export)
        return put_option_reply(session->fd, option, REPLY_UNKNOWN, NULL, 0);
    uint16_t flags = (uint16_t)(EXPORT_FLAGS | (export->is_writable ? 0 : EXPORT_READ_ONLY));
    const struct export_info info = {.size = htobe64(export->node->image.size),
                                     .flags = htobe16(flags)};
    *out = option == OPT_GO ? export : NULL;
    return put_option_reply(session->fd, option, REPLY_INFO, &info, sizeof info) &&
           put_option_reply(session->fd, option, REPLY_ACK, NULL, 0);
}

/* NULL: the client has gone, or is no NBD client. */
static struct fq_export *handshake(struct fq_nbd_session *session)
{
    const uint64_t magics[] = {htobe64(MAGIC_INIT), htobe64(MAGIC_OPTION)};
    const uint16_t flags = htobe16(FIXED_NEWSTYLE);
    uint32_t client_flags = 0;
    struct fq_export *export = NULL;
    bool is_alive = put(session->fd, magics, sizeof magics) &&
                    put(session->fd, &flags, sizeof flags) &&
                    get(session->fd, &client_flags, sizeof client_flags);
    while (is_alive && !export) {
        struct option head;
        char data[OPTION_MAX_BYTES];
        if (!get(session->fd, &head, sizeof head) || be64toh(head.magic) != MAGIC_OPTION ||
            be32toh(head.len) > sizeof data || !get(session->fd, data, be32toh(head.len)))
            return NULL;
        uint32_t option = be32toh(head.option);
        if (option == OPT_GO || option == OPT_INFO)
            is_alive = on_go(session, option, data, be32toh(head.len), &export);
        else if (option == OPT_ABORT)
            is_alive = false;
        else
            is_alive = put_option_reply(session->fd, option, REPLY_UNSUPPORTED, NULL, 0);
    }
    return export;
}

/* ---- requests ---- */

static int carry_out(const struct fq_export *export,
                     const struct fq_quirks *quirks,
                     const struct request *r,
                     char *data)
{
    struct fq_image *image = &export->node->image;
    uint64_t offset = be64toh(r->offset);
    uint32_t len = be32toh(r->len);
    uint16_t type = be16toh(r->type);
    bool is_write = type == CMD_WRITE || type == CMD_WRITE_ZEROES || type == CMD_TRIM;
    int result = -EINVAL;
    if (is_write && !export->is_writable)
        return -EPERM;
    if (is_write && fq_quirk(quirks, "nospace", NULL, NULL))
        return -ENOSPC;
    if (type == CMD_READ)
        result = fq_image_read(image, data, len, offset);
    else if (type == CMD_WRITE)
        result = fq_image_write(image, data, len, offset);
    else if (type == CMD_TRIM || type == CMD_WRITE_ZEROES)
        result = fq_image_zero(image, len, offset);
    if (type == CMD_FLUSH || (result == 0 && is_write && be16toh(r->flags) & FLAG_FUA))
        result = fq_image_flush(image);
    return result;
}

static uint32_t nbd_error(int result)
{
    static const int known[] = {EPERM, EIO, ENOMEM, EINVAL, ENOSPC};
    for (size_t i = 0; i < GW_ARRAY_LEN(known); i++) {
        if (result == -known[i])
            return (uint32_t)known[i];
    }
    return result < 0 ? EIO : 0;
}

/* One request; false: the session is over. */
static bool serve_one(struct fq_nbd_session *session, const struct fq_export *export)
{
    struct request r;
    if (!get(session->fd, &r, sizeof r) || be32toh(r.magic) != MAGIC_REQUEST ||
        be16toh(r.type) == CMD_DISCONNECT)
        return false;
    bool has_data = be16toh(r.type) == CMD_READ || be16toh(r.type) == CMD_WRITE;
    uint32_t len = has_data ? be32toh(r.len) : 0;
    GW_AUTO_FREE char *data = len <= REQUEST_MAX_BYTES ? malloc(len + 1) : NULL;
    if (!data || (be16toh(r.type) == CMD_WRITE && !get(session->fd, data, len)))
        return false;
    int result = carry_out(export, &session->server->m->quirks, &r, data);
    const struct reply reply = {
        .magic = htobe32(MAGIC_REPLY), .error = htobe32(nbd_error(result)), .cookie = r.cookie};
    return put(session->fd, &reply, sizeof reply) &&
           (be16toh(r.type) != CMD_READ || result < 0 || put(session->fd, data, len));
}

void *fq_nbd_serve(void *arg)
{
    struct fq_nbd_session *session = arg;
    struct fq_export *export = handshake(session);
    while (export && serve_one(session, export))
        ;
    (void)shutdown(session->fd, SHUT_RDWR); /* closed by the loop */
    atomic_store(&session->is_over, true);
    return NULL;
}
