#include "tls_files.h"

#include <stdio.h>
#include <stdlib.h>

static const char script[] =
    "set -eu; cd \"$1\"\n"
    "ca() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    " -subj \"/CN=$1\" -keyout \"$1.key\" -out \"$1.pem\"; }\n"
    "leaf() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    " -subj \"/CN=$2.test\" -keyout \"$1.key\" -out \"$1.csr\"\n"
    " printf 'subjectAltName=DNS:%s.test\\n' \"$2\" >\"$1.ext\"\n"
    " openssl x509 -req -in \"$1.csr\" -CA \"$3.pem\" -CAkey \"$3.key\" -CAcreateserial -days 2"
    " -extfile \"$1.ext\" -out \"$1.crt\"\n"
    " cat \"$1.crt\" \"$1.key\" >\"$1.pem\"; }\n"
    "ca ca; ca other; leaf server node ca; leaf client client ca; leaf stranger client other\n";

static void name(char out[TLS_PATH_MAX], const char *dir, const char *file)
{
    (void)snprintf(out, TLS_PATH_MAX, "%s/%s", dir, file);
}

int tls_files_make(struct tls_files *files)
{
    (void)snprintf(files->dir, sizeof files->dir, "/tmp/godwit-tls-XXXXXX");
    if (!mkdtemp(files->dir))
        return -1;
    name(files->ca, files->dir, "ca.pem");
    name(files->server, files->dir, "server.pem");
    name(files->client, files->dir, "client.pem");
    name(files->other_ca, files->dir, "other.pem");
    name(files->other_client, files->dir, "stranger.pem");
    char path[TLS_PATH_MAX];
    name(path, files->dir, "make.sh");
    FILE *out = fopen(path, "w");
    if (!out)
        return -1;
    (void)fputs(script, out);
    (void)fclose(out);
    char command[512];
    (void)snprintf(command, sizeof command, "sh %s %s >%s/log 2>&1", path, files->dir, files->dir);
    return system(command) == 0 ? 0 : -1;
}

void tls_files_remove(struct tls_files *files)
{
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf %s", files->dir);
    if (system(command) != 0)
        (void)fprintf(stderr, "can't remove %s\n", files->dir);
}
