#ifndef TESTS_CLI_MEMORY_FILE_H
#define TESTS_CLI_MEMORY_FILE_H
/* A FILE whose text a test reads back. */

#include <stdio.h>
#include <stdlib.h>

struct memory_file {
    FILE *file;
    char *text;
    size_t len;
};

static inline void memory_file_open(struct memory_file *m)
{
    *m = (struct memory_file){0};
    m->file = open_memstream(&m->text, &m->len);
    if (!m->file)
        abort();
}

/* What was written so far. */
static inline const char *memory_file_text(struct memory_file *m)
{
    (void)fflush(m->file);
    return m->text;
}

static inline void memory_file_close(struct memory_file *m)
{
    (void)fclose(m->file);
    free(m->text);
}

#endif
