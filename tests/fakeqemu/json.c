#include "json.h"

#include <stdlib.h>
#include <string.h>

static void *need(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

json_object *fq_empty(void)
{
    return need(json_object_new_object());
}

json_object *fq_array(void)
{
    return need(json_object_new_array());
}

json_object *fq_object(const struct fq_member *members)
{
    json_object *object = fq_empty();
    for (; members->key; members++) {
        if (members->value && json_object_object_add(object, members->key, members->value))
            abort();
    }
    return object;
}

void fq_push(json_object *array, json_object *item)
{
    if (json_object_array_add(array, item))
        abort();
}

json_object *fq_text(const char *text)
{
    return text ? need(json_object_new_string(text)) : NULL;
}

json_object *fq_bool(bool value)
{
    return need(json_object_new_boolean(value));
}

json_object *fq_number(uint64_t value)
{
    return need(json_object_new_int64((int64_t)value));
}

json_object *fq_get(json_object *object, const char *key)
{
    json_object *value = NULL;
    if (object && json_object_is_type(object, json_type_object))
        (void)json_object_object_get_ex(object, key, &value);
    return value;
}

const char *fq_get_text(json_object *object, const char *key)
{
    json_object *value = fq_get(object, key);
    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

bool fq_get_bool(json_object *object, const char *key, bool otherwise)
{
    json_object *value = fq_get(object, key);
    return json_object_is_type(value, json_type_boolean) ? json_object_get_boolean(value)
                                                         : otherwise;
}

uint64_t fq_get_number(json_object *object, const char *key, uint64_t otherwise)
{
    json_object *value = fq_get(object, key);
    return json_object_is_type(value, json_type_int) ? json_object_get_uint64(value) : otherwise;
}

char *fq_line(json_object *object)
{
    const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
                                                                  JSON_C_TO_STRING_NOSLASHESCAPE);
    return need(strdup(need((char *)(uintptr_t)text)));
}
