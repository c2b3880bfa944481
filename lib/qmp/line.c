/* Lines of the monitor. QEMU sends one JSON object a line, in ASCII (docs/interop/qmp-spec: "sends
 * its output encoded in ASCII"). Bytes go to json-c's incremental parser as they come; the length
 * of a line is bounded, and a line that is not exactly one object ends the session. */

#include <string.h>

#include "qmp/qmp_priv.h"

enum { DEPTH_MAX = 32 }; /* the schema, our deepest answer, has 5 levels */

int gw_qmp_line_init(struct gw_qmp_line *line, size_t max_bytes, struct gw_error *err)
{
    *line = (struct gw_qmp_line){.max_bytes = max_bytes};
    line->tokener = json_tokener_new_ex(DEPTH_MAX);
    if (!line->tokener)
        return gw_error_set_nomem(err, "opening a monitor session");
    json_tokener_set_flags(line->tokener, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
    return 0;
}

void gw_qmp_line_fini(struct gw_qmp_line *line)
{
    json_object_put(line->object);
    if (line->tokener)
        json_tokener_free(line->tokener);
    *line = (struct gw_qmp_line){0};
}

bool gw_qmp_line_is_open(const struct gw_qmp_line *line)
{
    return line->has_text;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static size_t skip_space(const char *bytes, size_t len)
{
    size_t n = 0;
    while (n < len && is_space(bytes[n]))
        n++;
    return n;
}

static bool is_text(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((bytes[i] < 0x20 && !is_space(bytes[i])) || bytes[i] > 0x7e)
            return false;
    }
    return true;
}

/* Parse @len bytes of one line. */
static int parse(struct gw_qmp_line *line, const char *bytes, size_t len, struct gw_error *err)
{
    if (!is_text(bytes, len))
        return gw_error_set(err, GW_DATA_LOSS, "a line holds bytes that are not ASCII text");
    size_t n = line->has_text ? 0 : skip_space(bytes, len);
    if (n == len)
        return 0;
    line->has_text = true;
    if (!line->object) {
        line->object = json_tokener_parse_ex(line->tokener, bytes + n, (int)(len - n));
        enum json_tokener_error said = json_tokener_get_error(line->tokener);
        if (said == json_tokener_continue)
            return 0;
        if (said != json_tokener_success)
            return gw_error_set(err, GW_DATA_LOSS, "a line is not JSON, at its byte %zu: %s",
                                line->n_bytes + n + json_tokener_get_parse_end(line->tokener),
                                json_tokener_error_desc(said));
        if (!line->object) /* the word null */
            return gw_error_set(err, GW_DATA_LOSS, "a line is JSON but not an object");
        n += json_tokener_get_parse_end(line->tokener);
    }
    if (n + skip_space(bytes + n, len - n) != len)
        return gw_error_set(err, GW_DATA_LOSS, "a line has text after its JSON object");
    return 0;
}

/* The end of a line was seen. */
static int finish(struct gw_qmp_line *line, json_object **out_object, struct gw_error *err)
{
    if (line->has_text && (!line->object || !json_object_is_type(line->object, json_type_object)))
        return gw_error_set(err, GW_DATA_LOSS, "a line of %zu bytes is not one JSON object",
                            line->n_bytes);
    *out_object = line->object;
    line->object = NULL;
    line->n_bytes = 0;
    line->has_text = false;
    json_tokener_reset(line->tokener);
    return 0;
}

int gw_qmp_line_feed(struct gw_qmp_line *line,
                     const char *bytes,
                     size_t len,
                     size_t *out_used,
                     json_object **out_object,
                     struct gw_error *err)
{
    const char *end = memchr(bytes, '\n', len);
    size_t n = end ? (size_t)(end - bytes) : len;

    *out_object = NULL;
    if (n > line->max_bytes - line->n_bytes)
        return gw_error_set(err, GW_RESOURCE_EXHAUSTED, "a line is longer than %zu bytes",
                            line->max_bytes);
    if (parse(line, bytes, n, err))
        return -1;
    line->n_bytes += n;
    *out_used = end ? n + 1 : n;
    return end ? finish(line, out_object, err) : 0;
}
