#include "table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum {
    COLUMNS_MAX = 16,           /* of our widest table, and some */
    GAP = 2,                    /* blanks between columns */
    CUT_MIN = 6,                /* a column is not cut to less */
    CELL_MAX_BYTES = 64 * 1024, /* a guest's message or command line */
};

struct cli_table {
    const struct cli_column *columns;
    size_t n_columns;
    char **cells;
    size_t n_cells;
    size_t n_room;
    bool is_failed;
};

struct cli_table *cli_table_new(const struct cli_column *columns, size_t n_columns)
{
    struct cli_table *table = calloc(1, sizeof *table);
    if (!table)
        return NULL;
    table->columns = columns;
    table->n_columns = n_columns < COLUMNS_MAX ? n_columns : COLUMNS_MAX;
    return table;
}

void cli_table_free(struct cli_table *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->n_cells; i++)
        free(table->cells[i]);
    free(table->cells);
    free(table);
}

static bool make_room(struct cli_table *table)
{
    if (table->n_cells < table->n_room)
        return true;
    size_t room = table->n_room ? table->n_room * 2 : 64;
    char **grown = realloc(table->cells, room * sizeof *grown);
    if (!grown)
        return false;
    table->cells = grown;
    table->n_room = room;
    return true;
}

void cli_table_add(struct cli_table *table, const char *fmt, ...)
{
    struct gw_str text;
    gw_str_init(&text, CELL_MAX_BYTES);
    va_list args;
    va_start(args, fmt);
    gw_str_appendv(&text, fmt, args);
    va_end(args);
    if (text.len == 0)
        gw_str_append(&text, "-");
    char *cell = gw_str_take(&text);
    gw_str_fini(&text);
    if (!cell || !make_room(table)) {
        free(cell);
        table->is_failed = true;
        return;
    }
    for (char *c = cell; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    }
    table->cells[table->n_cells++] = cell;
}

/* Columns on the screen: bytes that continue a UTF-8 character don't count. */
static size_t width_of(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static bool has_titles(const struct cli_table *table)
{
    return table->n_columns > 0 && table->columns[0].title != NULL;
}

static void measure(const struct cli_table *table, size_t widths[COLUMNS_MAX])
{
    for (size_t c = 0; c < table->n_columns; c++)
        widths[c] = has_titles(table) ? width_of(table->columns[c].title) : 0;
    for (size_t i = 0; i < table->n_cells; i++) {
        size_t width = width_of(table->cells[i]);
        size_t *widest = &widths[i % table->n_columns];
        if (width > *widest)
            *widest = width;
    }
}

/* Take from the widest column that may be cut, one by one, until the line fits. */
static void shrink(const struct cli_table *table, size_t widths[COLUMNS_MAX], size_t room)
{
    for (;;) {
        size_t total = table->n_columns ? (table->n_columns - 1) * GAP : 0;
        size_t widest = COLUMNS_MAX;
        for (size_t c = 0; c < table->n_columns; c++) {
            total += widths[c];
            bool can = table->columns[c].may_be_cut && widths[c] > CUT_MIN;
            if (can && (widest == COLUMNS_MAX || widths[c] >= widths[widest]))
                widest = c;
        }
        if (total <= room || widest == COLUMNS_MAX)
            return;
        widths[widest]--;
    }
}

/* Bytes of the first @n characters. */
static size_t bytes_of(const char *text, size_t n)
{
    size_t i = 0;
    for (; text[i]; i++) {
        bool starts = ((unsigned char)text[i] & 0xc0) != 0x80;
        if (starts && n-- == 0)
            break;
    }
    return i;
}

static void pad(FILE *out, size_t n)
{
    for (; n > 0; n--)
        (void)fputc(' ', out);
}

static void
print_cell(const struct cli_table *table, FILE *out, size_t c, const char *text, size_t width)
{
    size_t len = width_of(text);
    size_t blanks = len < width ? width - len : 0;
    bool is_last = c + 1 == table->n_columns;
    if (table->columns[c].is_right)
        pad(out, blanks);
    if (len > width)
        (void)fprintf(out, "%.*s~", (int)bytes_of(text, width - 1), text);
    else
        (void)fputs(text, out);
    if (!table->columns[c].is_right && !is_last)
        pad(out, blanks);
    if (is_last)
        (void)fputc('\n', out);
    else
        pad(out, GAP);
}

int cli_table_print(const struct cli_table *table, FILE *out, unsigned width, struct gw_error *err)
{
    size_t widths[COLUMNS_MAX];
    if (table->is_failed)
        return gw_error_set_nomem(err, "printing a table");
    if (table->n_columns == 0)
        return 0;
    measure(table, widths);
    if (width)
        shrink(table, widths, width);
    for (size_t c = 0; c < table->n_columns && has_titles(table); c++)
        print_cell(table, out, c, table->columns[c].title, widths[c]);
    for (size_t i = 0; i < table->n_cells; i++) {
        size_t c = i % table->n_columns;
        print_cell(table, out, c, table->cells[i], widths[c]);
    }
    return 0;
}
