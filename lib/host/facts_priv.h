#ifndef GW_HOST_FACTS_PRIV_H
#define GW_HOST_FACTS_PRIV_H
/* Steps of gathering facts, apart for their unit tests. */

#include <stddef.h>

#include "host/facts.h"

/* Append a copy of @len bytes of @text; -1 without memory. */
int gw_text_list_add(struct gw_text_list *list, const char *text, size_t len);
void gw_text_list_fini(struct gw_text_list *list);

/* ID-VERSION_ID from the text of os-release(5). */
void gw_facts_parse_os_release(const char *text, char *out, size_t size);
/* The version from `qemu -version`, e.g. 7.2.22; "" when it is not there. */
void gw_facts_parse_qemu_version(const char *text, char *out, size_t size);
/* The names from `qemu -machine help`. */
void gw_facts_parse_machines(const char *text, struct gw_text_list *out);
/* Ask QEMU for both. Blocks. */
int gw_facts_ask_qemu(const char *qemu, struct gw_host_facts *facts, struct gw_error *err);
/* What one guest claims of this host's memory, in bytes. */
uint64_t gw_facts_guest_claim(const struct gw_host *host, const char *uuid);

#endif
