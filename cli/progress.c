#include "progress.h"

#include <string.h>

#include "human.h"

enum {
    PLAIN_EVERY_US = 1000 * 1000,
    BAR_MAX = 30, /* cells of the bar */
    BAR_MIN = 5,  /* less says nothing */
    LINE_MAX_BYTES = 512,
};

void cli_progress_init(struct cli_progress *progress,
                       FILE *out,
                       unsigned columns,
                       const struct gw_clock *clock)
{
    *progress = (struct cli_progress){
        .out = out, .columns = columns, .clock = clock, .phase = -1, .step = -1};
}

/* "copying memory", "preparing". */
static void write_phase(char out[2 * CLI_HUMAN_MAX], const Godwit__V1__Migration *m)
{
    char phase[CLI_HUMAN_MAX];
    char step[CLI_HUMAN_MAX];
    (void)cli_human_enum(phase, &godwit__v1__migration_phase__descriptor, (int)m->phase);
    bool has_step = m->phase == GODWIT__V1__MIGRATION_PHASE__MIGRATION_PHASE_COPYING &&
                    m->progress && m->progress->step;
    if (has_step)
        (void)cli_human_enum(step, &godwit__v1__copy_step__descriptor, (int)m->progress->step);
    (void)snprintf(out, 2 * CLI_HUMAN_MAX, "%s%s%s", phase, has_step ? " " : "",
                   has_step ? step : "");
}

static bool is_all_copied(const Godwit__V1__Migration *m)
{
    return m->phase == GODWIT__V1__MIGRATION_PHASE__MIGRATION_PHASE_COMMITTED ||
           m->phase == GODWIT__V1__MIGRATION_PHASE__MIGRATION_PHASE_RETIRING ||
           m->phase == GODWIT__V1__MIGRATION_PHASE__MIGRATION_PHASE_SUCCEEDED;
}

uint64_t cli_bytes_done(const Godwit__V1__Migration *m)
{
    if (!m->progress)
        return 0;
    return is_all_copied(m) ? m->progress->bytes_total : m->progress->bytes_done;
}

unsigned cli_percent_done(const Godwit__V1__Migration *m)
{
    if (!m->progress || !m->progress->bytes_total)
        return 0;
    double done = (double)cli_bytes_done(m) / (double)m->progress->bytes_total * 100;
    return done >= 100 ? 100 : (unsigned)done;
}

/* "45%  230 MiB of 512 MiB, 118 MiB/s"; nothing while nothing is known. */
static void write_amount(char out[4 * CLI_HUMAN_MAX], const Godwit__V1__Migration *m)
{
    const Godwit__V1__Progress *p = m->progress;
    char done[CLI_HUMAN_MAX];
    char total[CLI_HUMAN_MAX];
    char rate[CLI_HUMAN_MAX];
    out[0] = '\0';
    if (!p || !p->bytes_total)
        return;
    bool has_rate = p->rate_bps && !is_all_copied(m);
    (void)snprintf(out, 4 * CLI_HUMAN_MAX, "%3u%%  %s of %s%s%s", cli_percent_done(m),
                   cli_human_bytes(done, cli_bytes_done(m)), cli_human_bytes(total, p->bytes_total),
                   has_rate ? ", " : "", has_rate ? cli_human_rate(rate, p->rate_bps) : "");
}

static void write_bar(char out[BAR_MAX + 3], unsigned cells, unsigned percent)
{
    unsigned full = cells * percent / 100;
    out[0] = '[';
    memset(out + 1, '#', full);
    memset(out + 1 + full, '.', cells - full);
    out[1 + cells] = ']';
    out[2 + cells] = '\0';
}

static void draw(struct cli_progress *progress, const Godwit__V1__Migration *m)
{
    char phase[2 * CLI_HUMAN_MAX];
    char amount[4 * CLI_HUMAN_MAX];
    char bar[BAR_MAX + 3] = "";
    char line[LINE_MAX_BYTES];
    write_phase(phase, m);
    write_amount(amount, m);
    int head = snprintf(line, sizeof line, "%s %s -> %s: %s", m->guest_name, m->from_host,
                        m->to_host, phase);
    size_t used = (size_t)(head < 0 ? 0 : head) + strlen(amount) + 4; /* gaps and brackets */
    size_t room = progress->columns > used + 1 ? progress->columns - used - 1 : 0;
    if (amount[0] && room >= BAR_MIN)
        write_bar(bar, room < BAR_MAX ? (unsigned)room : BAR_MAX, cli_percent_done(m));
    if (amount[0])
        (void)snprintf(line, sizeof line, "%s %s -> %s: %s %s %s", m->guest_name, m->from_host,
                       m->to_host, phase, bar, amount);
    /* One column is left free, so that no terminal wraps the line. */
    (void)fprintf(progress->out, "\r\033[K%.*s", (int)progress->columns - 1, line);
    (void)fflush(progress->out);
    progress->is_drawn = true;
}

static void print_line(struct cli_progress *progress, const Godwit__V1__Migration *m)
{
    char phase[2 * CLI_HUMAN_MAX];
    char amount[4 * CLI_HUMAN_MAX];
    write_phase(phase, m);
    write_amount(amount, m);
    (void)fprintf(progress->out, "%s %s -> %s: %s%s%s\n", m->guest_name, m->from_host, m->to_host,
                  phase, amount[0] ? " " : "", amount);
    (void)fflush(progress->out);
}

void cli_progress_update(struct cli_progress *progress, const Godwit__V1__Migration *migration)
{
    int step = migration->progress ? (int)migration->progress->step : 0;
    bool is_change = (int)migration->phase != progress->phase || step != progress->step;
    uint64_t now_us = gw_clock_mono_us(progress->clock);
    if (progress->columns) {
        draw(progress, migration);
    } else if (is_change || now_us - progress->told_us >= PLAIN_EVERY_US) {
        print_line(progress, migration);
        progress->told_us = now_us;
    }
    progress->phase = (int)migration->phase;
    progress->step = step;
}

void cli_progress_clear(struct cli_progress *progress)
{
    if (!progress->is_drawn)
        return;
    (void)fputs("\r\033[K", progress->out);
    (void)fflush(progress->out);
    progress->is_drawn = false;
}
