#ifndef GW_TESTS_SUPPORT_TMP_FOLDER_H
#define GW_TESTS_SUPPORT_TMP_FOLDER_H
/* A folder of the test's own, removed with all that is in it. */

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"

/* A fresh folder under $TMPDIR or /tmp; malloc'd path. Aborts when there is none to be had. */
static inline char *tmp_folder_make(void)
{
    const char *root = getenv("TMPDIR");
    char *path = gw_strf("%s/godwit-test-XXXXXX", root && *root ? root : "/tmp");
    if (!path || !mkdtemp(path)) {
        perror("mkdtemp");
        abort();
    }
    return path;
}

static inline int
tmp_folder_remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

/* Remove the folder and free @path. NULL is fine. */
static inline void tmp_folder_remove(char *path)
{
    if (path)
        (void)nftw(path, tmp_folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(path);
}

#endif
