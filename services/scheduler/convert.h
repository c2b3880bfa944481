#ifndef SCH_CONVERT_H
#define SCH_CONVERT_H
/* Between the scheduler's plain structs and godwit.v1 messages. A message made here is freed with
 * protobuf_c_message_free_unpacked(). Texts of it may be missing (empty) when memory was; the
 * message itself is NULL then only when it could not be made at all. */

#include "core/guest_spec.h"
#include "godwit/v1/scheduler.pb-c.h"
#include "objects.h"

/* Pack any message. Errors: RESOURCE_EXHAUSTED no memory. */
int sch_pack(const ProtobufCMessage *message, struct gw_blob *out, struct gw_error *err);

/* ---- guest specs ---- */
int sch_spec_pack(const struct gw_guest_spec *spec,
                  struct gw_blob *out_packed,
                  char **out_json,
                  struct gw_error *err);
int sch_spec_pack_json(const char *json, struct gw_blob *out_packed, struct gw_error *err);
/* A heap struct, freed by free(). */
struct gw_guest_spec *sch_spec_unpack(const struct gw_blob *packed, struct gw_error *err);

/* ---- facts ---- */
struct sch_facts *sch_facts_unpack(const struct gw_blob *packed, struct gw_error *err);
void sch_facts_free(struct sch_facts *facts);

/* ---- answers ---- */
Godwit__V1__Host *sch_host_message(const struct scheduler *s, const struct sch_host *host);
/* @row may be a future one; its state is shown as UNKNOWN while its host is silent. */
Godwit__V1__Guest *sch_guest_message(const struct scheduler *s,
                                     const struct gw_guest_row *row,
                                     const struct gw_blob *spec);
Godwit__V1__Migration *sch_migration_message(const struct scheduler *s,
                                             const struct gw_migration_row *row);
Godwit__V1__Plan *sch_plan_message(const struct scheduler *s, const struct sch_plan *plan);

/* ---- events ---- */
enum sch_subject { SCH_SUBJECT_HOST, SCH_SUBJECT_GUEST, SCH_SUBJECT_MIGRATION };
/* Pack an Event about @subject, which is taken over; cursor and time are put in when it is read. */
int sch_event_pack(const char *kind,
                   enum sch_subject what,
                   ProtobufCMessage *subject,
                   struct gw_blob *out,
                   struct gw_error *err);
/* The event of a stored row; NULL without memory or when the row is not one. */
Godwit__V1__Event *sch_event_message(const struct gw_event_row *row);
Godwit__V1__Event *sch_progress_message(const struct scheduler *s, const struct sch_migration *m);

#endif
