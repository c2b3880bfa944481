/* What QEMU says of itself. */
#include "host/facts_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/scope.h"
#include "host/process.h"

enum {
    ASK_MS = 10000,             /* cold disk, loaded machine */
    ASK_MAX_BYTES = 256 * 1024, /* `-machine help` of 7.2 says 8 KiB */
};

void gw_facts_parse_qemu_version(const char *text, char *out, size_t size)
{
    static const char before[] = "version ";
    const char *at = strstr(text, before);
    at = at ? at + sizeof before - 1 : "";
    (void)snprintf(out, size, "%.*s", (int)strspn(at, "0123456789."), at);
}

void gw_facts_parse_machines(const char *text, struct gw_text_list *out)
{
    /* A headline, then lines of NAME SPACES DESCRIPTION. */
    for (const char *line = strchr(text, '\n'); line; line = strchr(line, '\n')) {
        line++;
        size_t len = strcspn(line, " \n");
        if (len > 0 && !(len == 4 && strncmp(line, "none", 4) == 0) &&
            gw_text_list_add(out, line, len) < 0)
            return;
    }
}

static char *ask(const char *qemu, const char *option, const char *value, struct gw_error *err)
{
    const char *const argv[] = {qemu, option, value, NULL};
    const struct gw_process_plan plan = {
        .argv = argv, .deadline_ms = ASK_MS, .max_bytes = ASK_MAX_BYTES};
    char *text = NULL;
    int status = 0;
    if (gw_process_run(&plan, &text, &status, err) < 0)
        return NULL;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return text;
    free(text);
    (void)gw_error_set(err, GW_FAILED_PRECONDITION, "%s %s %s failed; is it QEMU?", qemu, option,
                       value ? value : "");
    return NULL;
}

int gw_facts_ask_qemu(const char *qemu, struct gw_host_facts *facts, struct gw_error *err)
{
    GW_AUTO_FREE char *version = ask(qemu, "-version", NULL, err);
    if (!version)
        return -1;
    gw_facts_parse_qemu_version(version, facts->qemu_version, sizeof facts->qemu_version);
    GW_AUTO_FREE char *machines = ask(qemu, "-machine", "help", err);
    if (!machines)
        return -1;
    gw_facts_parse_machines(machines, &facts->machine_types);
    return 0;
}

/* MAJOR.MINOR after @prefix as one number; -1 when @name is not of that form. */
static long version_after(const char *name, const char *prefix)
{
    size_t len = strlen(prefix);
    if (strncmp(name, prefix, len) != 0)
        return -1;
    char *end = NULL;
    long major = strtol(name + len, &end, 10);
    if (end == name + len || *end != '.')
        return -1;
    long minor = strtol(end + 1, NULL, 10);
    return major * 1000 + minor;
}

const char *gw_host_default_machine(const struct gw_host_facts *facts)
{
    const char *best = "q35";
    long best_version = -1;
    for (size_t i = 0; i < facts->machine_types.n_items; i++) {
        long version = version_after(facts->machine_types.items[i], "pc-q35-");
        if (version > best_version) {
            best_version = version;
            best = facts->machine_types.items[i];
        }
    }
    return best;
}

const char *gw_host_default_cpu(const struct gw_host_facts *facts)
{
    (void)facts; /* the same on every host: what all of them can run */
    return "qemu64";
}

const char *gw_accelerator_name(enum gw_accelerator accelerator)
{
    return accelerator == GW_ACCELERATOR_KVM ? "kvm" : "tcg";
}
