#include <string.h>

#include "base/scope.h"
#include "cli.h"

enum { HELP_INDENT = 30, HELP_WIDTH = 79 };

const struct cli_option cli_global_options[] = {
    {"output", 'o', "FORMAT", "table (default) or json: the reply as proto3 JSON"},
    {"scheduler", 0, "URL",
     "where the scheduler answers; else $GODWIT_SCHEDULER, else "
     "ipc:///run/godwit/scheduler.sock"},
    {"timeout", 0, "S",
     "seconds to wait for an answer (default 5; 120 where a host has work to do)"},
    {"tls-ca", 0, "FILE", "for tls+tcp: PEM file of the authority of the scheduler's certificate"},
    {"tls-cert-key", 0, "FILE", "for tls+tcp: PEM file with one's own certificate and key"},
    {"tls-server-name", 0, "NAME", "for tls+tcp: name in the scheduler's certificate"},
    {"help", 'h', NULL, "say how a verb is used"},
    {"version", 0, NULL, "print the command's own version"},
    {0},
};

const struct cli_verb cli_verbs[] = {
    {"host list", "", 0, 0, NULL, "list the hosts", cli_host_list},
    {"host show", "HOST", 1, 1, NULL, "show what a host is and offers", cli_host_show},
    {"guest create", "", 0, 0, cli_guest_create_options, "make a guest from a spec file",
     cli_guest_create},
    {"guest start", "GUEST", 1, 1, NULL, "boot a stopped guest", cli_guest_start},
    {"guest stop", "GUEST", 1, 1, cli_guest_stop_options, "shut a running guest down",
     cli_guest_stop},
    {"guest list", "", 0, 0, cli_guest_list_options, "list the guests", cli_guest_list},
    {"guest show", "GUEST", 1, 1, NULL, "show a guest", cli_guest_show},
    {"guest delete", "GUEST", 1, 1, NULL, "delete a stopped guest; its disks go to the trash",
     cli_guest_delete},
    {"migrate", "GUEST", 1, 1, cli_migrate_options, "move a guest to another host", cli_migrate},
    {"migration list", "", 0, 0, cli_migration_list_options, "list migrations, newest first",
     cli_migration_list},
    {"migration show", "ID", 1, 1, NULL, "show a migration", cli_migration_show},
    {"migration cancel", "ID", 1, 1, NULL, "ask for a migration to be undone",
     cli_migration_cancel},
    {"migration watch", "[ID]", 0, 1, cli_migration_watch_options,
     "follow one migration to its end, or all events", cli_migration_watch},
    {"trash list", "", 0, 0, cli_trash_list_options, "list disks that were put aside",
     cli_trash_list},
    {"trash restore", "ID", 1, 1, cli_trash_restore_options, "put a disk back into its pool",
     cli_trash_restore},
    {"trash purge", "[ID]", 0, 1, cli_trash_purge_options, "remove disks in the trash for good",
     cli_trash_purge},
    {"version", "", 0, 0, NULL, "print the versions of command and scheduler", cli_version},
    /* Its operands are another verb's words; run.c prints. */
    {"help", "[VERB]", 0, 2, NULL, "say how a verb is used", NULL},
};
const size_t cli_n_verbs = GW_ARRAY_LEN(cli_verbs);

/* How many of @n words @verb begins with; *out_is_all when those are all of its words. */
static bool begins_with(const char *verb, char *const *words, unsigned n, bool *out_is_all)
{
    for (unsigned i = 0; i < n; i++) {
        size_t len = strcspn(verb, " ");
        if (strlen(words[i]) != len || memcmp(verb, words[i], len) != 0)
            return false;
        verb += len;
        if (*verb == ' ')
            verb++;
        else if (i + 1 < n)
            return false;
    }
    *out_is_all = *verb == '\0';
    return true;
}

const struct cli_verb *cli_verb_find(char *const *words, unsigned n, bool *out_is_group)
{
    *out_is_group = false;
    for (size_t i = 0; i < cli_n_verbs; i++) {
        bool is_all = false;
        if (!begins_with(cli_verbs[i].words, words, n, &is_all))
            continue;
        if (is_all)
            return &cli_verbs[i];
        *out_is_group = true;
    }
    return NULL;
}

/* @text from column HELP_INDENT on, broken between words so that it ends before column HELP_WIDTH.
 */
static void print_wrapped(FILE *out, const char *text)
{
    size_t room = HELP_WIDTH - HELP_INDENT;
    while (strlen(text) > room) {
        size_t len = room;
        while (len > 0 && text[len] != ' ')
            len--;
        if (len == 0) /* one long word */
            len = strcspn(text, " ");
        (void)fprintf(out, "%.*s\n%*s", (int)len, text, HELP_INDENT, "");
        text += len + (text[len] == ' ');
    }
    (void)fprintf(out, "%s\n", text);
}

static void print_options(FILE *out, const struct cli_option *options)
{
    for (; options && options->name; options++) {
        char left[64];
        (void)snprintf(left, sizeof left, "%s%c%s--%s%s%s", options->letter ? "-" : "  ",
                       options->letter ? options->letter : ' ', options->letter ? ", " : " ",
                       options->name, options->value ? " " : "",
                       options->value ? options->value : "");
        (void)fprintf(out, "  %-*s", HELP_INDENT - 2, left);
        print_wrapped(out, options->help);
    }
}

static void print_all(FILE *out)
{
    (void)fputs("usage: godwit VERB [OPTIONS]\n\nverbs:\n", out);
    for (size_t i = 0; i < cli_n_verbs; i++) {
        char left[64];
        (void)snprintf(left, sizeof left, "%s %s", cli_verbs[i].words, cli_verbs[i].operands);
        (void)fprintf(out, "  %-22s %s\n", left, cli_verbs[i].summary);
    }
    (void)fputs("\noptions of every verb:\n", out);
    print_options(out, cli_global_options);
    (void)fputs("\n\"godwit help VERB\" tells a verb's own options.\n", out);
}

void cli_help_print(FILE *out, const struct cli_verb *verb)
{
    if (!verb) {
        print_all(out);
        return;
    }
    (void)fprintf(out, "usage: godwit %s%s%s%s\n\n%s\n", verb->words, *verb->operands ? " " : "",
                  verb->operands, verb->options ? " [OPTIONS]" : "", verb->summary);
    if (verb->options) {
        (void)fputs("\noptions:\n", out);
        print_options(out, verb->options);
    }
    (void)fputs("\noptions of every verb:\n", out);
    print_options(out, cli_global_options);
}
