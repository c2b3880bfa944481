#ifndef CLI_TABLE_H
#define CLI_TABLE_H
/* Tables that align, and fit the terminal: where they don't, the columns that may be cut are, the
 * widest first. Control characters in cells become '?', so that no name from outside can drive the
 * terminal. */

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"

struct cli_column {
    const char *title; /* NULL in every column: no head line */
    bool is_right;     /* numbers */
    bool may_be_cut;
};

struct cli_table;

/* NULL without memory. @columns must outlive it. */
struct cli_table *cli_table_new(const struct cli_column *columns, size_t n_columns);
void cli_table_free(struct cli_table *table);
/* Add the next cell, row by row; an empty text is shown as "-". */
void cli_table_add(struct cli_table *table, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Print it, at most @width columns wide (0: as wide as it is). Errors: RESOURCE_EXHAUSTED cells
 * were lost for lack of memory. */
int cli_table_print(const struct cli_table *table, FILE *out, unsigned width, struct gw_error *err);

static inline void gw_scope_cli_table(struct cli_table **table)
{
    cli_table_free(*table);
}

#endif
