#include "quirk.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/scope.h"

enum { FILE_MAX = 4096, WORD_MAX = 128 };

static const char between[] = ", \t\r\n";

static const char *const known[] = {
    "autostart",
    "dead-mirror",
    "device-on-cancel",
    "die",
    "exit",
    "frozen-incoming",
    "hang",
    "ignore-powerdown",
    "load-fails",
    "lose-event",
    "lost-ack",
    "mute",
    "no-return-path",
    "nospace",
    "refuse",
    "stop",
    "stuck-mirror",
};

static bool is_known(const char *word)
{
    size_t len = strcspn(word, ":=@, \t\r\n");
    for (size_t i = 0; i < GW_ARRAY_LEN(known); i++) {
        if (strlen(known[i]) == len && strncmp(known[i], word, len) == 0)
            return true;
    }
    return false;
}

/* A quirk that is misspelt would make a test pass that tests nothing. */
static void check(const char *text, const char *where)
{
    for (text += strspn(text, between); *text; text += strspn(text, between)) {
        size_t len = strcspn(text, *text == '#' ? "\n" : between);
        if (*text != '#' && !is_known(text)) {
            (void)fprintf(stderr, "gw-fake-qemu: %s: no quirk is called \"%.*s\"\n", where,
                          (int)len, text);
            exit(1);
        }
        text += len;
    }
}

/* The file's text, up to FILE_MAX bytes; "" without one. */
static const char *read_file(const struct fq_quirks *quirks, char buffer[FILE_MAX + 1])
{
    GW_AUTO_FD int fd = quirks->path ? open(quirks->path, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t len = fd >= 0 ? read(fd, buffer, FILE_MAX) : 0;
    buffer[len > 0 ? len : 0] = '\0';
    return buffer;
}

void fq_quirks_init(struct fq_quirks *quirks, const char *role)
{
    const char *fixed = getenv("GW_FAKE_QEMU");
    const char *host = getenv("GW_FAKE_QEMU_HOST");
    *quirks = (struct fq_quirks){
        .fixed = fixed ? fixed : "", .path = getenv("GW_FAKE_QEMU_CONTROL"), .role = role};
    (void)snprintf(quirks->host, sizeof quirks->host, "%s", host ? host : "");
    char text[FILE_MAX + 1];
    check(quirks->fixed, "GW_FAKE_QEMU");
    check(read_file(quirks, text), "GW_FAKE_QEMU_CONTROL");
}

/* Does @word (changed) name the quirk, here? */
static bool matches(const struct fq_quirks *quirks,
                    char *word,
                    const char *name,
                    const char *point,
                    uint64_t *out_ms)
{
    char *who = strchr(word, '@');
    if (who)
        *who++ = '\0';
    if (who && strcmp(who, quirks->role) != 0 && strcmp(who, quirks->host) != 0)
        return false;
    char *number = strchr(word, '=');
    if (number)
        *number++ = '\0';
    char *at = strchr(word, ':');
    if (at)
        *at++ = '\0';
    if (strcmp(word, name) != 0 || strcmp(at ? at : "", point ? point : "") != 0)
        return false;
    if (out_ms)
        *out_ms = number ? strtoull(number, NULL, 10) : 0;
    return true;
}

static bool find(const struct fq_quirks *quirks,
                 const char *text,
                 const char *name,
                 const char *point,
                 uint64_t *out_ms)
{
    for (text += strspn(text, between); *text; text += strspn(text, between)) {
        char word[WORD_MAX];
        if (*text == '#') {
            text += strcspn(text, "\n");
            continue;
        }
        size_t len = strcspn(text, between);
        (void)snprintf(word, sizeof word, "%.*s", (int)len, text);
        if (matches(quirks, word, name, point, out_ms))
            return true;
        text += len;
    }
    return false;
}

bool fq_quirk(const struct fq_quirks *quirks, const char *name, const char *point, uint64_t *out_ms)
{
    char text[FILE_MAX + 1];
    return find(quirks, quirks->fixed, name, point, out_ms) ||
           find(quirks, read_file(quirks, text), name, point, out_ms);
}
