/* qemu-img create as a child of the loop. What it says on stderr goes to a nameless file and is
 * quoted when it fails. */
#include "host/disk.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/str.h"
#include "loop/child.h"

enum { WORDS_MAX = 256 };

struct gw_disk_maker {
    struct gw_child *child;
    int words_fd;
    char *path;
    gw_disk_made_fn done;
    void *arg;
};

/* The first line it said, printable. */
static void read_words(int fd, char words[WORDS_MAX])
{
    ssize_t n = pread(fd, words, WORDS_MAX - 1, 0);
    words[n > 0 ? n : 0] = '\0';
    words[strcspn(words, "\n")] = '\0';
    for (char *at = words; *at; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = ' ';
    }
}

static void on_end(void *arg, int status)
{
    struct gw_disk_maker *maker = arg;
    struct gw_error err = {0};
    char words[WORDS_MAX];
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        maker->done(maker->arg, NULL);
        return;
    }
    read_words(maker->words_fd, words);
    (void)gw_error_set(&err, GW_FAILED_PRECONDITION, "can't make disk image %s: %s", maker->path,
                       words[0] ? words : "qemu-img failed and did not say why");
    (void)gw_error_reason(&err, "DISK_CREATE_FAILED");
    maker->done(maker->arg, &err); /* last: it may free the maker */
}

static int spawn(struct gw_loop *loop,
                 const struct gw_host *host,
                 struct gw_disk_maker *maker,
                 enum gw_disk_format format,
                 uint64_t size_bytes,
                 struct gw_error *err)
{
    char size[24];
    (void)snprintf(size, sizeof size, "%" PRIu64, size_bytes);
    const char *const argv[] = {host->settings->qemu_img,    "create",    "-q", "-f",
                                gw_disk_format_name(format), maker->path, size, NULL};
    const struct gw_spawn plan = {.argv = argv, .stdout_fd = -1, .stderr_fd = maker->words_fd};
    maker->child = gw_child_spawn(loop, &plan, on_end, maker, err);
    return maker->child ? 0 : -1;
}

struct gw_disk_maker *gw_disk_make(struct gw_loop *loop,
                                   const struct gw_host *host,
                                   const char *path,
                                   enum gw_disk_format format,
                                   uint64_t size_bytes,
                                   gw_disk_made_fn done,
                                   void *arg,
                                   struct gw_error *err)
{
    struct gw_disk_maker *maker = calloc(1, sizeof *maker);
    if (!maker) {
        (void)gw_error_set_nomem(err, "making a disk image");
        return NULL;
    }
    maker->done = done;
    maker->arg = arg;
    maker->path = strdup(path);
    maker->words_fd = memfd_create("godwit-qemu-img", MFD_CLOEXEC);
    if (!maker->path || maker->words_fd < 0)
        (void)gw_error_set_nomem(err, "making a disk image");
    else if (spawn(loop, host, maker, format, size_bytes, err) == 0)
        return maker;
    gw_disk_maker_free(maker);
    return NULL;
}

void gw_disk_maker_free(struct gw_disk_maker *maker)
{
    if (!maker)
        return;
    if (maker->child)
        (void)gw_child_kill(maker->child, SIGKILL, NULL);
    gw_child_free(maker->child);
    if (maker->words_fd >= 0)
        close(maker->words_fd);
    free(maker->path);
    free(maker);
}
