/* The witness as process 1 of a lab guest: start the workers, wait for the power button, stop them,
 * power off. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "witness/witness.h"

static int read_text(const char *path, char *out, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, out, size - 1);

    if (fd >= 0)
        close(fd);
    if (n < 0) {
        perror(path);
        return -1;
    }
    out[n] = '\0';
    return 0;
}

/* The kernel makes a random uuid per boot. */
static int boot_id_read(uint8_t out[LAB_BOOT_ID_BYTES])
{
    char text[64];
    unsigned byte;
    const char *at = text;

    if (read_text("/proc/sys/kernel/random/boot_id", text, sizeof text) < 0)
        return -1;
    for (int i = 0; i < LAB_BOOT_ID_BYTES; i++) {
        at += *at == '-';
        if (sscanf(at, "%2x", &byte) != 1)
            return -1;
        out[i] = (uint8_t)byte;
        at += 2;
    }
    return 0;
}

/* @priority above 0: a real-time thread, which comes before all the others. */
static int start(pthread_t *out, int priority, void *(*run)(void *), struct witness *witness)
{
    pthread_attr_t attributes;
    struct sched_param parameter = {.sched_priority = priority};
    int failed;

    pthread_attr_init(&attributes);
    if (priority > 0) {
        pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
        pthread_attr_setschedpolicy(&attributes, SCHED_FIFO);
        pthread_attr_setschedparam(&attributes, &parameter);
    }
    failed = pthread_create(out, &attributes, run, witness);
    pthread_attr_destroy(&attributes);
    if (failed)
        fprintf(stderr, "witness: thread: %s\n", strerror(failed));
    return failed ? -1 : 0;
}

static int work(struct witness *witness)
{
    pthread_t beat, echo, memory, disk;
    bool has_disk = witness->settings.disk[0] != '\0';

    if (wit_echo_listen(witness) < 0 || start(&beat, 20, wit_beat_run, witness) < 0 ||
        start(&echo, 10, wit_echo_run, witness) < 0 ||
        start(&memory, 0, wit_memory_run, witness) < 0 ||
        (has_disk && start(&disk, 0, wit_disk_run, witness) < 0))
        return -1;
    fprintf(stderr, "witness: at work\n");
    wit_button_wait(witness->settings.is_deaf);
    atomic_store(&witness->is_stopping, true);
    if (has_disk)
        pthread_join(disk, NULL);
    pthread_join(memory, NULL);
    pthread_join(beat, NULL);
    pthread_join(echo, NULL);
    return 0;
}

int main(void)
{
    struct witness witness = {.disk_found = LAB_DISK_NOT_SCANNED};
    char cmdline[4096];
    sigset_t stops;

    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    sigprocmask(SIG_BLOCK, &stops, NULL);
    if (read_text("/proc/cmdline", cmdline, sizeof cmdline) < 0 ||
        wit_settings_parse(cmdline, &witness.settings) < 0 || boot_id_read(witness.boot_id) < 0 ||
        work(&witness) < 0)
        return 1;
    fprintf(stderr, "witness: powering off\n");
    sync();
    if (getpid() == 1)
        reboot(RB_POWER_OFF);
    return 0;
}
