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

/* Every field, in the form in which the writer writes it. */
__attribute__((unused)) static const char everything[] =
    "{\"anI32\":-1,\"anS32\":2,\"aU32\":3,\"anI64\":\"-4\",\"aU64\":\"5\",\"anF64\":\"6\","
    "\"aFloat\":0.5,\"aDouble\":-1.25,\"aBool\":true,\"color\":\"COLOR_RED\","
    "\"text\":\"\\u00e9\\ud83e\\udd86\\n\\\"\\\\\",\"data\":\"Zm9v\",\"point\":{\"x\":1,\"y\":-2},"
    "\"madeAt\":\"2026-11-21T10:00:00.000000001Z\",\"numbers\":[1,2,3],\"words\":[\"a\",\"\"],"
    "\"points\":[{},{\"x\":9}],\"colors\":[\"COLOR_BLUE\",\"COLOR_RED\"],\"blobs\":[\"\",\"AA==\"],"
    "\"counts\":{\"a\":\"1\",\"\":\"-2\"},\"places\":{\"7\":{\"x\":1},\"8\":{}},"
    "\"flags\":{\"true\":\"yes\",\"false\":\"no\"},\"aPlace\":{\"y\":3},\"old\":{\"maybe\":0,"
    "\"maybeText\":\"m\"},\"child\":{\"anI32\":4,\"child\":{}}}";

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
