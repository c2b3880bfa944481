#ifndef GW_TESTS_SUPPORT_HTTP_CLIENT_H
#define GW_TESTS_SUPPORT_HTTP_CLIENT_H
/* A small blocking HTTP/1.1 client: sends what a test writes, byte by byte if need be, and reads
 * one response. A response that doesn't come within ten seconds aborts the program. */

#include <stddef.h>

struct http_response {
    int status;    /* 0: the connection was closed without one */
    char *head;    /* status line and headers; malloc'd */
    char *body;    /* malloc'd, NUL after it */
    size_t n_body; /* bytes */
};

/* Connect to @url (http://IP:PORT). */
int http_connect(const char *url);
/* Send all of it; a connection that the server has closed is no error. */
void http_send(int fd, const char *data, size_t len);
/* Read one response; @has_body: 0 for HEAD. */
struct http_response http_receive(int fd, int has_body);
void http_response_free(struct http_response *response);
/* The value of header @name in @response, malloc'd; NULL: it isn't there. */
char *http_header(const struct http_response *response, const char *name);

/* One request on a connection of its own. @headers: lines, each with \r\n, or ""; @body NULL: none,
 * else with Content-Length. */
struct http_response http_ask(
    const char *url, const char *method, const char *path, const char *headers, const char *body);

#endif
