#include "support/test.h"

#include <unistd.h>

#include "base/scope.h"
#include "gateway/listen.h"

static void addresses_are_an_ip_and_a_port(void **state)
{
    (void)state;
    static const char *const good[] = {"127.0.0.1:8440", "0.0.0.0:0", "[::1]:65535"};
    static const char *const bad[] = {"",
                                      "8440",
                                      ":8440",
                                      "127.0.0.1",
                                      "127.0.0.1:",
                                      "127.0.0.1:65536",
                                      "127.0.0.1:-1",
                                      "localhost:80",
                                      "::1:80",
                                      "[::1]",
                                      "[]:80",
                                      "127.0.0.1:80x"};
    struct gwy_address address;
    struct gw_error err = {0};
    for (size_t i = 0; i < GW_ARRAY_LEN(good); i++)
        assert_int_equal(gwy_address_parse(good[i], &address, &err), 0);
    for (size_t i = 0; i < GW_ARRAY_LEN(bad); i++) {
        assert_int_equal(gwy_address_parse(bad[i], &address, &err), -1);
        assert_error(&err, GW_INVALID_ARGUMENT, "write IP:PORT");
    }
}

static void a_port_in_use_is_named(void **state)
{
    (void)state;
    char url[GWY_URL_MAX];
    char again_url[GWY_URL_MAX];
    struct gw_error err = {0};
    int again = -1;
    GW_AUTO_FD int fd = -1;
    assert_int_equal(gwy_listen("127.0.0.1:0", &fd, url, &err), 0);
    const char *address = url + strlen("http://");
    assert_int_equal(gwy_listen(address, &again, again_url, &err), -1);
    assert_error(&err, GW_ALREADY_EXISTS, address);
    assert_contains(err.message, "set key listen to a free IP:PORT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_an_ip_and_a_port),
        cmocka_unit_test(a_port_in_use_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
