#include "migration_id.h"

#include <stdlib.h>
#include <string.h>

#include "base/name.h"

enum { SEARCHED_MAX = 1000 }; /* newest migrations, all that one reply holds */

/* The one whose id begins with the first @len bytes of @given; *out_n: how many do. */
static const Godwit__V1__Migration *
find(const Godwit__V1__ListMigrationsReply *reply, const char *given, size_t len, size_t *out_n)
{
    const Godwit__V1__Migration *found = NULL;
    *out_n = 0;
    for (size_t i = 0; i < reply->n_migrations; i++) {
        if (strncmp(reply->migrations[i]->id, given, len) != 0)
            continue;
        found = reply->migrations[i];
        ++*out_n;
    }
    return found;
}

static char *copy(const char *id, struct gw_error *err)
{
    char *text = strdup(id);
    if (!text)
        (void)gw_error_set_nomem(err, "reading a migration's id");
    return text;
}

char *cli_migration_id(struct cli_context *context, const char *given, struct gw_error *err)
{
    size_t len = strlen(given);
    if (len == 0 || len >= GW_UUID_LEN)
        return copy(given, err);
    if (len > 1 && given[len - 1] == '~')
        len--;
    Godwit__V1__ListMigrationsRequest request = GODWIT__V1__LIST_MIGRATIONS_REQUEST__INIT;
    request.limit = SEARCHED_MAX;
    struct gw_client *client = cli_client(context, 0, err);
    Godwit__V1__ListMigrationsReply *reply =
        client ? gw_client_list_migrations(client, &request, err) : NULL;
    if (!reply)
        return NULL;
    size_t n = 0;
    const Godwit__V1__Migration *found = find(reply, given, len, &n);
    char *id = NULL;
    if (n > 1)
        (void)gw_error_set(err, GW_INVALID_ARGUMENT,
                           "the ids of %zu migrations begin with %.*s: give more of it", n,
                           (int)len, given);
    else
        id = copy(found ? found->id : given, err);
    godwit__v1__list_migrations_reply__free_unpacked(reply, NULL);
    return id;
}
