/* The main() of every daemon.
 *
 * Normal course: command line, settings, log, data folder and its lock, loop and signals, the
 * program's start(), READY=1, loop, STOPPING=1, the program's stop(). Each step undoes itself when
 * a later one fails; whatever fails is one line on stderr and decides the exit status. All on the
 * thread that called gw_daemon_main(), which becomes the loop thread. */
#include "daemon/daemon_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"

/* Descriptors 0 to 2 must be taken, or a socket of ours would get messages meant for people. */
static void fill_stdio(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR); /* children may inherit these three: no O_CLOEXEC */
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

static int print(const char *text, struct gw_error *err)
{
    if (!text)
        return gw_error_set_nomem(err, "writing text");
    if (fputs(text, stdout) < 0 || fflush(stdout) < 0)
        return gw_error_set_errno(err, errno, "can't write to standard output");
    return 0;
}

static int print_made(char *text, struct gw_error *err)
{
    int result = print(text, err);
    free(text);
    return result;
}

static const struct gw_daemon_settings *own_settings(const void *settings)
{
    return settings;
}

/* Fill and check @settings from file @path. */
static int load_settings(const struct gw_daemon_program *program,
                         const char *path,
                         void *settings,
                         struct gw_error *err)
{
    if (gw_config_load(program->keys, program->n_keys, path, settings, err) < 0)
        return -1;
    enum gw_log_level level;
    const char *word = own_settings(settings)->log_level;
    char quoted[GW_QUOTED_MAX];
    if (gw_log_level_parse(word, &level) < 0)
        return gw_error_set(err, GW_INVALID_ARGUMENT,
                            "%s: key log_level must be error, warn, info or debug, not %s", path,
                            gw_error_quote(quoted, word));
    if (program->check && program->check(settings, err) < 0)
        return gw_error_wrap(err, "%s", path);
    return 0;
}

static int take_data_folder(const struct gw_daemon_program *program,
                            const char *folder,
                            int *out_lock_fd,
                            struct gw_error *err)
{
    if (gw_dir_make(folder, err) < 0)
        return gw_error_wrap(err, "data folder %s can't be used; set data_dir to another", folder);
    if (access(folder, W_OK | X_OK) < 0)
        return gw_error_set_errno(
            err, errno, "data folder %s is not writable for user %u; change its owner or data_dir",
            folder, (unsigned)geteuid());
    GW_AUTO_FREE char *path = gw_strf("%s/%s.lock", folder, program->name);
    if (!path)
        return gw_error_set_nomem(err, "naming the lock file");
    return gw_file_lock(path, out_lock_fd, err);
}

static void on_stop_signal(void *arg)
{
    struct gw_daemon *daemon = arg;
    gw_log_info(&daemon->log, "daemon.stop_asked", "by=signal");
    gw_loop_stop(daemon->loop);
}

static void tell(const struct gw_daemon *daemon, const struct gw_notify *notify, const char *text)
{
    struct gw_error err = {0};
    if (gw_notify_send(notify, text, &err) < 0)
        gw_log_failure(&daemon->log, GW_LOG_WARN, "daemon.notify_failed", &err);
}

static void
tell_ready(const struct gw_daemon *daemon, const struct gw_notify *notify, const char *status)
{
    if (!status)
        status = "running";
    gw_log_info(&daemon->log, "daemon.started", "version=%s pid=%d status=\"%s\"", GW_VERSION,
                (int)getpid(), status);
    GW_AUTO_FREE char *text = gw_strf("READY=1\nSTATUS=%s\nMAINPID=%d\n", status, (int)getpid());
    tell(daemon, notify, text ? text : "READY=1\n");
}

static int serve(const struct gw_daemon_program *program,
                 const struct gw_daemon *daemon,
                 const struct gw_notify *notify,
                 struct gw_error *err)
{
    void *state = NULL;
    GW_AUTO_FREE char *status = NULL;
    if (program->start(daemon, &state, &status, err) < 0)
        return -1;
    tell_ready(daemon, notify, status);
    int result = gw_loop_run(daemon->loop, err);
    tell(daemon, notify, "STOPPING=1\n");
    program->stop(state);
    gw_log_info(&daemon->log, "daemon.stopped", "pid=%d", (int)getpid());
    return result;
}

/* With settings loaded and the data folder ours. */
static int run(const struct gw_daemon_program *program, void *settings, struct gw_error *err)
{
    struct gw_notify notify;
    if (gw_notify_init(&notify, err) < 0)
        return -1;
    (void)signal(SIGPIPE, SIG_IGN); /* a peer that went away is an errno, not an end */
    enum gw_log_level level = GW_LOG_INFO;
    (void)gw_log_level_parse(own_settings(settings)->log_level, &level); /* checked before */
    struct gw_daemon daemon = {.settings = settings};
    gw_log_init(&daemon.log, STDERR_FILENO, level, gw_clock_system());
    daemon.loop = gw_loop_new(err);
    if (!daemon.loop)
        return -1;
    int result = -1;
    struct gw_signal *term = gw_signal_new(daemon.loop, SIGTERM, on_stop_signal, &daemon, err);
    struct gw_signal *interrupt =
        term ? gw_signal_new(daemon.loop, SIGINT, on_stop_signal, &daemon, err) : NULL;
    if (interrupt)
        result = serve(program, &daemon, &notify, err);
    gw_signal_free(interrupt);
    gw_signal_free(term);
    gw_loop_free(daemon.loop);
    return result;
}

static int obey_with_settings(const struct gw_daemon_program *program,
                              const struct gw_daemon_command *command,
                              void *settings,
                              struct gw_error *err)
{
    GW_AUTO_FREE char *otherwise = gw_daemon_default_config_path(program);
    const char *path = command->config_path ? command->config_path : otherwise;
    if (!path)
        return gw_error_set_nomem(err, "naming the settings file");
    if (load_settings(program, path, settings, err) < 0)
        return -1;
    if (command->mode == GW_DAEMON_CHECK)
        return print_made(gw_strf("%s: settings are valid\n", path), err);
    if (command->mode == GW_DAEMON_DUMP_CONFIG)
        return print_made(gw_config_dump(program->keys, program->n_keys, settings), err);
    GW_AUTO_FD int lock_fd = -1;
    if (take_data_folder(program, own_settings(settings)->data_dir, &lock_fd, err) < 0)
        return -1;
    return run(program, settings, err);
}

static int obey(const struct gw_daemon_program *program,
                const struct gw_daemon_command *command,
                struct gw_error *err)
{
    if (command->mode == GW_DAEMON_VERSION)
        return print_made(gw_strf("%s %s\n", program->name, GW_VERSION), err);
    if (command->mode == GW_DAEMON_HELP)
        return print_made(gw_daemon_help(program), err);
    if (command->mode == GW_DAEMON_DUMP_CONFIG && !command->config_path)
        return print_made(gw_daemon_config_template(program), err);
    GW_AUTO_FREE void *settings = calloc(1, program->settings_size);
    if (!settings)
        return gw_error_set_nomem(err, "reading settings");
    int result = obey_with_settings(program, command, settings, err);
    gw_config_fini(program->keys, program->n_keys, settings);
    return result;
}

int gw_daemon_main(const struct gw_daemon_program *program, int argc, char **argv)
{
    fill_stdio();
    (void)umask(0077); /* sockets, records and disks are nobody else's */
    struct gw_error err = {0};
    struct gw_daemon_command command;
    if (gw_daemon_parse_command(argc, argv, &command, &err) == 0 &&
        obey(program, &command, &err) == 0)
        return 0;
    (void)fprintf(stderr, "%s: %s\n", program->name, err.message);
    return gw_code_exit_status(err.code == GW_OK ? GW_INTERNAL : err.code);
}
