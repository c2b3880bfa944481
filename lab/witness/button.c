/* The power button: an input device that says KEY_POWER. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "witness/witness.h"

enum { DEVICES_MAX = 15 };

static nfds_t open_devices(struct pollfd *polled, nfds_t n_polled)
{
    DIR *folder = opendir("/dev/input");
    struct dirent *entry;

    while (folder != NULL && (entry = readdir(folder)) != NULL && n_polled <= DEVICES_MAX) {
        int fd;

        if (strncmp(entry->d_name, "event", 5) != 0)
            continue;
        fd = openat(dirfd(folder), entry->d_name, O_RDONLY | O_CLOEXEC);
        if (fd >= 0)
            polled[n_polled++] = (struct pollfd){.fd = fd, .events = POLLIN};
    }
    if (folder != NULL)
        closedir(folder);
    return n_polled;
}

static bool is_pressed(int fd)
{
    struct input_event event;

    return read(fd, &event, sizeof event) == (ssize_t)sizeof event && event.type == EV_KEY &&
           event.code == KEY_POWER && event.value == 1;
}

void wit_button_wait(bool is_deaf)
{
    struct pollfd polled[1 + DEVICES_MAX] = {{.events = POLLIN}};
    nfds_t n_polled;
    sigset_t stops;

    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    polled[0].fd = signalfd(-1, &stops, SFD_CLOEXEC);
    n_polled = is_deaf ? 1 : open_devices(polled, 1);
    if (n_polled == 1 && !is_deaf)
        fprintf(stderr, "witness: no input device: the power button will not be heard\n");
    for (;;) {
        if (poll(polled, n_polled, -1) < 0 && errno != EINTR)
            return;
        if (polled[0].revents != 0)
            return;
        for (nfds_t i = 1; i < n_polled; i++)
            if (polled[i].revents != 0 && is_pressed(polled[i].fd))
                return;
    }
}
