#include "cli_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "support/tmp_folder.h"

enum { WORDS_MAX = 32 };

int cli_case_setup(void **state)
{
    struct cli_case *c = calloc(1, sizeof *c);
    if (!c)
        abort();
    c->folder = tmp_folder_make();
    c->url = gw_strf("ipc://%s/s.sock", c->folder);
    c->fake = fake_scheduler_start(c->url);
    *state = c;
    return 0;
}

int cli_case_teardown(void **state)
{
    struct cli_case *c = *state;
    fake_scheduler_stop(c->fake);
    tmp_folder_remove(c->folder);
    free(c->url);
    free(c->out);
    free(c->err);
    free(c);
    return 0;
}

static int run(struct cli_case *c, const char *line, FILE *err)
{
    static char program[] = "godwit";
    static char option[] = "--scheduler";
    char *argv[WORDS_MAX] = {program, option, c->url};
    int argc = 3;
    size_t out_len = 0;
    char *words = strdup(line);
    char *at = NULL;
    for (char *word = strtok_r(words, " ", &at); word; word = strtok_r(NULL, " ", &at))
        argv[argc++] = word;
    free(c->out);
    FILE *out = open_memstream(&c->out, &out_len);
    if (!out || !err)
        abort();
    int status = cli_run(argc, argv, out, err);
    (void)fclose(out);
    (void)fclose(err);
    free(words);
    return status;
}

int cli_case_run(struct cli_case *c, const char *line)
{
    size_t err_len = 0;
    free(c->err);
    return run(c, line, open_memstream(&c->err, &err_len));
}

int cli_case_run_err(struct cli_case *c, const char *line, int err_fd)
{
    free(c->err);
    c->err = NULL;
    return run(c, line, fdopen(dup(err_fd), "w"));
}
