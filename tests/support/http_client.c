#include "http_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/str.h"

enum { ANSWER_S = 10, RESPONSE_MAX_BYTES = 8 * 1024 * 1024 };

static void die(const char *what)
{
    perror(what);
    abort();
}

int http_connect(const char *url)
{
    char ip[64];
    unsigned port = 0;
    if (sscanf(url, "http://%63[0-9.]:%u", ip, &port) != 2)
        die(url);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct timeval limit = {.tv_sec = ANSWER_S};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || inet_pton(AF_INET, ip, &to.sin_addr) != 1 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
        die(url);
    return fd;
}

void http_send(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        data += n;
        len -= (size_t)n;
    }
}

/* One byte at a time: what follows on the connection belongs to the next response. */
static int read_byte(int fd, char *out)
{
    ssize_t n = recv(fd, out, 1, 0);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        die("no response");
    return n == 1;
}

char *http_header(const struct http_response *response, const char *name)
{
    size_t len = strlen(name);
    const char *line = strstr(response->head, "\r\n");
    for (; line; line = strstr(line + 2, "\r\n")) {
        const char *at = line + 2;
        if (strncasecmp(at, name, len) != 0 || at[len] != ':')
            continue;
        at += len + 1;
        at += strspn(at, " ");
        return strndup(at, strcspn(at, "\r"));
    }
    return NULL;
}

struct http_response http_receive(int fd, int has_body)
{
    struct http_response response = {0};
    struct gw_str head;
    struct gw_str body;
    char c;
    gw_str_init(&head, RESPONSE_MAX_BYTES);
    gw_str_init(&body, RESPONSE_MAX_BYTES);
    gw_str_append(&head, "");
    while (!strstr(gw_str_text(&head), "\r\n\r\n") && read_byte(fd, &c))
        gw_str_append_bytes(&head, &c, 1);
    (void)sscanf(gw_str_text(&head), "HTTP/1.1 %d", &response.status);
    gw_str_append(&body, "");
    response.head = strdup(gw_str_text(&head));
    char *length = response.head ? http_header(&response, "Content-Length") : NULL;
    unsigned long left = length && has_body ? strtoul(length, NULL, 10) : 0;
    for (; left > 0 && read_byte(fd, &c); left--)
        gw_str_append_bytes(&body, &c, 1);
    response.n_body = body.len;
    response.body = strdup(gw_str_text(&body));
    free(length);
    gw_str_fini(&head);
    gw_str_fini(&body);
    return response;
}

void http_response_free(struct http_response *response)
{
    free(response->head);
    free(response->body);
    *response = (struct http_response){0};
}

struct http_response http_ask(
    const char *url, const char *method, const char *path, const char *headers, const char *body)
{
    int fd = http_connect(url);
    struct gw_str text;
    gw_str_init(&text, RESPONSE_MAX_BYTES);
    gw_str_appendf(&text, "%s %s HTTP/1.1\r\nHost: godwit\r\n%s", method, path, headers);
    if (body)
        gw_str_appendf(&text, "Content-Length: %zu\r\n", strlen(body));
    gw_str_append(&text, "\r\n");
    gw_str_append(&text, body ? body : "");
    http_send(fd, gw_str_text(&text), text.len);
    struct http_response response = http_receive(fd, strcmp(method, "HEAD") != 0);
    gw_str_fini(&text);
    (void)close(fd);
    return response;
}
