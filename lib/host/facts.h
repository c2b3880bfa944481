#ifndef GW_HOST_FACTS_H
#define GW_HOST_FACTS_H
/* What a host is and offers. Gathered once at the agent's start (seconds: QEMU is asked, KVM is
 * tried), the changing part refreshed for each heartbeat; both block, so both belong on a pool
 * thread. */

#include <stdint.h>

#include "base/error.h"
#include "host/host.h"

struct gw_host_pool_facts {
    uint64_t total_bytes; /* 0 with free_bytes 0: the folder cannot be read */
    uint64_t free_bytes;
};

struct gw_text_list {
    char **items;
    size_t n_items;
};

struct gw_host_facts {
    char os_release[128];  /* ID-VERSION_ID */
    char kernel[128];      /* uname -r */
    char qemu_version[64]; /* e.g. 7.2.22 */
    char cpu_model[128];
    enum gw_accelerator accelerator;
    uint32_t cpus;
    uint64_t memory_total_bytes;
    uint64_t memory_free_bytes; /* total less claimed */
    struct gw_text_list cpu_features;
    struct gw_text_list machine_types;
    struct gw_text_list bridges;                         /* those of the settings that are there */
    struct gw_host_pool_facts pools[GW_CONFIG_LIST_MAX]; /* in the order of host->pools */
};

/* Find out everything. Thread: any, blocks for up to 20 s. Errors: NOT_FOUND no QEMU;
 * FAILED_PRECONDITION accelerator kvm asked for and not usable; others by cause. */
int gw_host_facts_gather(const struct gw_host *host,
                         struct gw_host_facts *out,
                         struct gw_error *err);
/* Renew pools, bridges and memory. Thread: any, blocks as statvfs() does. */
void gw_host_facts_refresh(const struct gw_host *host, struct gw_host_facts *facts);
/* A copy of its own. Errors: RESOURCE_EXHAUSTED. */
int gw_host_facts_copy(const struct gw_host_facts *facts,
                       struct gw_host_facts *out,
                       struct gw_error *err);
void gw_host_facts_fini(struct gw_host_facts *facts);

/* Bytes that the guests of this host claim: each with a living QEMU in either record, and each
 * INCOMING. @except_uuid (may be NULL) is left out. */
uint64_t gw_host_memory_claimed(const struct gw_host *host, const char *except_uuid);

/* The default machine type: the newest versioned name of q35, e.g. pc-q35-7.2; "q35" when the list
 * has none. Static or inside @facts. */
const char *gw_host_default_machine(const struct gw_host_facts *facts);
/* The default CPU model for guests made here: qemu64. Static storage. */
const char *gw_host_default_cpu(const struct gw_host_facts *facts);
/* "tcg" or "kvm". Static storage. */
const char *gw_accelerator_name(enum gw_accelerator accelerator);

/* Whether a guest gets into its code under KVM, tried for at most @deadline_ms with a boot sector
 * that writes to QEMU's debug-exit port. Blocks. False is the answer to every doubt. */
bool gw_host_kvm_works(const char *qemu, unsigned deadline_ms);

#endif
