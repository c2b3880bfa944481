#ifndef FQ_JSON_H
#define FQ_JSON_H
/* Short hands for the JSON of a monitor. The makers abort without memory: a fake has nothing better
 * to do. */

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

struct fq_member {
    const char *key;
    json_object *value; /* taken over; NULL: the member is left out */
};

/* FQ_OBJECT({"status", fq_text("running")}, {"running", fq_bool(true)}) */
#define FQ_OBJECT(...) fq_object((const struct fq_member[]){__VA_ARGS__, {0}})

json_object *fq_object(const struct fq_member *members);
json_object *fq_empty(void);
json_object *fq_array(void);
void fq_push(json_object *array, json_object *item);
/* NULL for NULL. */
json_object *fq_text(const char *text);
json_object *fq_bool(bool value);
json_object *fq_number(uint64_t value);

/* Members of @object, or NULL, false, 0 where there is none of that type. Borrowed. */
json_object *fq_get(json_object *object, const char *key);
const char *fq_get_text(json_object *object, const char *key);
bool fq_get_bool(json_object *object, const char *key, bool otherwise);
uint64_t fq_get_number(json_object *object, const char *key, uint64_t otherwise);

/* One line of text, malloc'd, without its end of line. */
char *fq_line(json_object *object);

#endif
