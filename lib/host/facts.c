/* What a host is and offers: from /etc/os-release, uname(2), /proc, statvfs(2) and QEMU itself. */
#include "host/facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/str.h"
#include "host/facts_priv.h"
#include "host/guest_dir.h"
#include "host/process.h"
#include "host/record.h"
#include "host/tap.h"

enum {
    SMALL_FILE_MAX_BYTES = 16 * 1024,
    KVM_PROBE_MS = 3000, /* a working KVM needs 100 to 300 ms */
};

int gw_text_list_add(struct gw_text_list *list, const char *text, size_t len)
{
    char **grown = reallocarray(list->items, list->n_items + 1, sizeof *grown);
    if (!grown)
        return -1;
    list->items = grown;
    char *copy = strndup(text, len);
    if (!copy)
        return -1;
    list->items[list->n_items++] = copy;
    return 0;
}

void gw_text_list_fini(struct gw_text_list *list)
{
    for (size_t i = 0; i < list->n_items; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct gw_text_list){0};
}

/* Value of KEY=value or KEY="value" at the start of a line. */
static void take_value(const char *text, const char *key, char *out, size_t size)
{
    size_t key_len = strlen(key);
    out[0] = '\0';
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, key_len) != 0 || line[key_len] != '=')
            continue;
        const char *value = line + key_len + 1;
        value += *value == '"';
        (void)snprintf(out, size, "%.*s", (int)strcspn(value, "\"\n"), value);
        return;
    }
}

void gw_facts_parse_os_release(const char *text, char *out, size_t size)
{
    char id[64];
    char version[32];
    take_value(text, "ID", id, sizeof id);
    take_value(text, "VERSION_ID", version, sizeof version);
    (void)snprintf(out, size, "%s%s%s", id, version[0] ? "-" : "", version);
}

static void gather_system(struct gw_host_facts *facts)
{
    GW_AUTO_FREE char *text = gw_file_read("/etc/os-release", SMALL_FILE_MAX_BYTES, NULL, NULL);
    gw_facts_parse_os_release(text ? text : "", facts->os_release, sizeof facts->os_release);
    struct utsname name;
    if (uname(&name) == 0)
        (void)snprintf(facts->kernel, sizeof facts->kernel, "%s", name.release);
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    facts->cpus = n > 0 ? (uint32_t)n : 1;
}

static void take_words(struct gw_text_list *list, const char *text)
{
    for (;;) {
        text += strspn(text, " \t\n");
        size_t len = strcspn(text, " \t\n");
        if (!len || gw_text_list_add(list, text, len) < 0)
            return;
        text += len;
    }
}

/* The first processor's paragraph of /proc/cpuinfo. */
static void gather_cpu(struct gw_host_facts *facts)
{
    FILE *file = fopen("/proc/cpuinfo", "re");
    char *line = NULL;
    size_t cap = 0;
    while (file && getline(&line, &cap, file) > 1) {
        char *value = strchr(line, ':');
        if (!value)
            continue;
        value += value[1] == ' ' ? 2 : 1;
        if (strncmp(line, "model name", 10) == 0)
            (void)snprintf(facts->cpu_model, sizeof facts->cpu_model, "%.*s",
                           (int)strcspn(value, "\n"), value);
        if (strncmp(line, "flags", 5) == 0)
            take_words(&facts->cpu_features, value);
    }
    free(line);
    if (file)
        (void)fclose(file);
}

static int
gather_accelerator(const struct gw_host *host, struct gw_host_facts *facts, struct gw_error *err)
{
    const char *wanted = host->settings->accelerator;
    facts->accelerator = GW_ACCELERATOR_TCG;
    if (strcmp(wanted, "tcg") == 0)
        return 0;
    if (gw_host_kvm_works(host->settings->qemu, KVM_PROBE_MS))
        facts->accelerator = GW_ACCELERATOR_KVM;
    else if (strcmp(wanted, "kvm") == 0)
        return gw_error_set(err, GW_FAILED_PRECONDITION,
                            "accelerator is kvm, but no guest got into its code under KVM within "
                            "%d ms; use auto or tcg",
                            KVM_PROBE_MS);
    return 0;
}

static uint64_t physical_memory(void)
{
    long pages = sysconf(_SC_PHYS_PAGES);
    long page = sysconf(_SC_PAGESIZE);
    return pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : 0;
}

uint64_t gw_host_memory_claimed(const struct gw_host *host, const char *except_uuid)
{
    struct gw_uuid_list guests = {0};
    uint64_t claimed = 0;
    if (gw_guest_dir_list(host, &guests, NULL) < 0)
        return 0;
    for (size_t i = 0; i < guests.n_items; i++) {
        const char *uuid = guests.items[i];
        if (!except_uuid || strcmp(uuid, except_uuid) != 0)
            claimed += gw_facts_guest_claim(host, uuid);
    }
    gw_uuid_list_fini(&guests);
    return claimed;
}

uint64_t gw_facts_guest_claim(const struct gw_host *host, const char *uuid)
{
    struct gw_record target = {0};
    struct gw_record source = {0};
    GW_AUTO_FREE char *target_path = gw_guest_dir_path(host, uuid, GW_GUEST_TARGET_RECORD);
    GW_AUTO_FREE char *source_path = gw_guest_dir_path(host, uuid, GW_GUEST_SOURCE_RECORD);
    if (!target_path || !source_path)
        return 0;
    (void)gw_record_read(target_path, &target, NULL);
    (void)gw_record_read(source_path, &source, NULL);
    if (target.state == GW_RECORD_INCOMING || gw_record_qemu_is_alive(&target, host->boot_id))
        return target.memory_bytes;
    return gw_record_qemu_is_alive(&source, host->boot_id)
               ? (source.memory_bytes ? source.memory_bytes : target.memory_bytes)
               : 0;
}

static void refresh_bridges(const struct gw_host *host, struct gw_host_facts *facts)
{
    const struct gw_config_list *bridges = &host->settings->bridges;
    gw_text_list_fini(&facts->bridges);
    for (size_t i = 0; i < bridges->n_items; i++) {
        if (gw_bridge_check(bridges->items[i], NULL) == 0)
            (void)gw_text_list_add(&facts->bridges, bridges->items[i], strlen(bridges->items[i]));
    }
}

void gw_host_facts_refresh(const struct gw_host *host, struct gw_host_facts *facts)
{
    for (size_t i = 0; i < host->n_pools; i++) {
        struct statvfs fs;
        facts->pools[i] = (struct gw_host_pool_facts){0};
        if (statvfs(host->pools[i].path, &fs) < 0)
            continue;
        facts->pools[i].total_bytes = (uint64_t)fs.f_blocks * fs.f_frsize;
        facts->pools[i].free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
    }
    refresh_bridges(host, facts);
    uint64_t limit = host->settings->memory_bytes;
    facts->memory_total_bytes = limit ? limit : physical_memory();
    uint64_t claimed = gw_host_memory_claimed(host, NULL);
    facts->memory_free_bytes =
        claimed < facts->memory_total_bytes ? facts->memory_total_bytes - claimed : 0;
}

int gw_host_facts_gather(const struct gw_host *host,
                         struct gw_host_facts *out,
                         struct gw_error *err)
{
    struct gw_host_facts facts = {0};
    gather_system(&facts);
    gather_cpu(&facts);
    if (gw_facts_ask_qemu(host->settings->qemu, &facts, err) < 0 ||
        gather_accelerator(host, &facts, err) < 0) {
        gw_host_facts_fini(&facts);
        return -1;
    }
    gw_host_facts_refresh(host, &facts);
    *out = facts;
    return 0;
}

static int copy_list(const struct gw_text_list *from, struct gw_text_list *to)
{
    *to = (struct gw_text_list){0};
    for (size_t i = 0; i < from->n_items; i++) {
        if (gw_text_list_add(to, from->items[i], strlen(from->items[i])) < 0)
            return -1;
    }
    return 0;
}

int gw_host_facts_copy(const struct gw_host_facts *facts,
                       struct gw_host_facts *out,
                       struct gw_error *err)
{
    struct gw_host_facts copy = *facts;
    int failed = copy_list(&facts->cpu_features, &copy.cpu_features);
    failed |= copy_list(&facts->machine_types, &copy.machine_types);
    failed |= copy_list(&facts->bridges, &copy.bridges);
    if (failed) {
        gw_host_facts_fini(&copy);
        return gw_error_set_nomem(err, "copying a host's facts");
    }
    *out = copy;
    return 0;
}

void gw_host_facts_fini(struct gw_host_facts *facts)
{
    if (!facts)
        return;
    gw_text_list_fini(&facts->cpu_features);
    gw_text_list_fini(&facts->machine_types);
    gw_text_list_fini(&facts->bridges);
    *facts = (struct gw_host_facts){0};
}
