#include "quirk.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/scope.h"

enum { FILE_MAX = 4096, WORD_MAX = 128 };

void fq_quirks_init(struct fq_quirks *quirks, const char *role)
{
    const char *fixed = getenv("GW_FAKE_QEMU");
    const char *host = getenv("GW_FAKE_QEMU_HOST");
    *quirks = (struct fq_quirks){
        .fixed = fixed ? fixed : "", .path = getenv("GW_FAKE_QEMU_CONTROL"), .role = role};
    (void)snprintf(quirks->host, sizeof quirks->host, "%s", host ? host : "");
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
    static const char between[] = ", \t\r\n";
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
    if (find(quirks, quirks->fixed, name, point, out_ms))
        return true;
    GW_AUTO_FD int fd = quirks->path ? open(quirks->path, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t len = fd >= 0 ? read(fd, text, FILE_MAX) : 0;
    text[len > 0 ? len : 0] = '\0';
    return find(quirks, text, name, point, out_ms);
}
