#include "spec_file.h"

#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "wire/json.h"

Godwit__V1__GuestSpec *cli_spec_file_read(const char *path, struct gw_error *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    size_t len = 0;
    GW_AUTO_FREE char *text =
        gw_file_read(is_stdin ? "/dev/stdin" : path, GW_JSON_TEXT_MAX_BYTES, &len, err);
    if (!text && !err->sys_errno && err->code == GW_RESOURCE_EXHAUSTED) {
        err->code = GW_INVALID_ARGUMENT; /* the file is at fault, not the machine */
        return NULL;
    }
    if (!text && err->sys_errno)
        return NULL;
    ProtobufCMessage *spec =
        gw_json_text_to_message(&godwit__v1__guest_spec__descriptor, text ? text : "", len, 0, err);
    if (spec)
        return (Godwit__V1__GuestSpec *)spec;
    if (err->field[0] && !strstr(err->message, err->field)) {
        char field[GW_ERROR_FIELD_MAX];
        memcpy(field, err->field, sizeof field);
        (void)gw_error_wrap(err, "field %s", field);
    }
    (void)gw_error_wrap(err, "%s", is_stdin ? "stdin" : path);
    return NULL;
}
