#ifndef GW_TESTS_SUPPORT_TEST_H
#define GW_TESTS_SUPPORT_TEST_H
/* cmocka with the headers it wants before it, and assertions on our errors. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

#define assert_error_code(err, wanted)                                                             \
    do {                                                                                           \
        if ((err)->code != (wanted))                                                               \
            fail_msg("expected %s, got %s: %s", gw_code_name(wanted), gw_code_name((err)->code),   \
                     (err)->message);                                                              \
    } while (0)

#define assert_contains(text, part)                                                                \
    do {                                                                                           \
        if (!strstr((text), (part)))                                                               \
            fail_msg("\"%s\" does not contain \"%s\"", (text), (part));                            \
    } while (0)

/* @err holds code @wanted and its message contains @part. */
#define assert_error(err, wanted, part)                                                            \
    do {                                                                                           \
        assert_error_code((err), (wanted));                                                        \
        assert_contains((err)->message, (part));                                                   \
    } while (0)

#endif
