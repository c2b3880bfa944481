#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H
/* What verbs print on stdout: replies as tables or as JSON. */

#include "cli.h"
#include "table.h"

/* @message as indented JSON, defaults written out. Errors: of the converter. */
int cli_print_json(struct cli_context *context,
                   const ProtobufCMessage *message,
                   struct gw_error *err);
/* One line of JSON, for streams. */
int cli_print_json_line(struct cli_context *context,
                        const ProtobufCMessage *message,
                        struct gw_error *err);
int cli_print_guests(struct cli_context *context,
                     Godwit__V1__Guest *const *guests,
                     size_t n_guests,
                     struct gw_error *err);
int cli_print_migrations(struct cli_context *context,
                         Godwit__V1__Migration *const *migrations,
                         size_t n_migrations,
                         struct gw_error *err);
/* The outcome of a finished migration: times, bytes, blackout. */
int cli_print_outcome(struct cli_context *context,
                      const Godwit__V1__Migration *migration,
                      struct gw_error *err);
/* Seconds since 1970 by the wall clock. */
int64_t cli_now_s(void);

#endif
