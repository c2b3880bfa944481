#ifndef CLI_SPEC_FILE_H
#define CLI_SPEC_FILE_H
/* A guest spec from a file of JSON. */

#include <godwit/v1/guest.pb-c.h>

#include "base/error.h"

/* Read @path ("-": stdin) as a GuestSpec, to be freed by its generated free_unpacked.
 * Errors: those of gw_file_read() and gw_json_text_to_message(), with file and field in front. */
Godwit__V1__GuestSpec *cli_spec_file_read(const char *path, struct gw_error *err);

#endif
