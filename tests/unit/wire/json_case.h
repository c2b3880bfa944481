#ifndef TESTS_UNIT_WIRE_JSON_CASE_H
#define TESTS_UNIT_WIRE_JSON_CASE_H
/* Shorthand of the JSON tests: a Sample from text, and cmocka with what it needs before it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sample.pb-c.h"
#include "wire/json_priv.h"

/* The message that @text stands for; the test fails with the reason when there is none. */
static inline Godwit__Test__Sample *sample_from(const char *text)
{
    struct gw_error err = {0};
    ProtobufCMessage *m =
        gw_json_text_to_message(&godwit__test__sample__descriptor, text, strlen(text), 0, &err);
    if (!m)
        fail_msg("%s: %s", text, err.message);
    return (Godwit__Test__Sample *)m;
}

static inline void sample_free(Godwit__Test__Sample *m)
{
    godwit__test__sample__free_unpacked(m, NULL);
}

#endif
