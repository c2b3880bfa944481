#ifndef TESTS_UNIT_RPC_TLS_FILES_H
#define TESTS_UNIT_RPC_TLS_FILES_H
/* Certificates made by the openssl command, once per test program, in a folder of its own. */

enum { TLS_PATH_MAX = 128 };

struct tls_files {
    char dir[64];
    char ca[TLS_PATH_MAX];           /* signs server and client */
    char server[TLS_PATH_MAX];       /* name node.test; certificate and key */
    char client[TLS_PATH_MAX];       /* name client.test */
    char other_ca[TLS_PATH_MAX];     /* a stranger's */
    char other_client[TLS_PATH_MAX]; /* signed by the stranger, named client.test */
};

/* Returns 0, or -1 when there is no openssl command. */
int tls_files_make(struct tls_files *files);
void tls_files_remove(struct tls_files *files);

#endif
