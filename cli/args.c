#include "args.h"

#include <string.h>

enum { WORDS_MAX = 2 }; /* of a verb */

struct parser {
    int argc;
    char *const *argv;
    int at;
    char *words[WORDS_MAX];
    unsigned n_words;
    bool is_only_operands; /* after "--" */
    struct cli_args *out;
};

/* ---- options ---- */

static const struct cli_option *
find_in(const struct cli_option *options, const char *name, size_t len, char letter)
{
    for (; options && options->name; options++) {
        if (letter ? options->letter == letter
                   : strlen(options->name) == len && memcmp(options->name, name, len) == 0)
            return options;
    }
    return NULL;
}

static const struct cli_option *
find_option(const struct parser *p, const char *name, size_t len, char letter)
{
    const struct cli_option *found = NULL;
    if (p->out->verb)
        found = find_in(p->out->verb->options, name, len, letter);
    return found ? found : find_in(cli_global_options, name, len, letter);
}

static int
keep(struct parser *p, const struct cli_option *option, char *value, struct gw_error *err)
{
    struct cli_args *out = p->out;
    for (unsigned i = 0; i < out->n_given; i++) {
        if (out->given[i].option == option)
            return cli_usage(err, "--%s is given twice", option->name);
    }
    if (out->n_given == CLI_GIVEN_MAX)
        return cli_usage(err, "more than %d options are given", CLI_GIVEN_MAX);
    bool is_global = find_in(cli_global_options, option->name, strlen(option->name), 0) == option;
    out->given[out->n_given++] = (struct cli_given){option, value, is_global};
    return 0;
}

/* @attached: what stands behind '=' or behind the letter; NULL: nothing. */
static int
take(struct parser *p, const struct cli_option *option, char *attached, struct gw_error *err)
{
    if (!option->value) {
        if (attached)
            return cli_usage(err, "--%s takes no value", option->name);
        return keep(p, option, NULL, err);
    }
    if (!attached) {
        if (p->at + 1 >= p->argc)
            return cli_usage(err, "--%s needs a value: %s", option->name, option->value);
        attached = p->argv[++p->at];
    }
    return keep(p, option, attached, err);
}

static int parse_long(struct parser *p, char *text, struct gw_error *err)
{
    size_t len = strcspn(text, "=");
    const struct cli_option *option = find_option(p, text, len, 0);
    if (!option) {
        char quoted[GW_QUOTED_MAX];
        return cli_usage(err, "unknown option %s", gw_error_quote(quoted, text - 2));
    }
    return take(p, option, text[len] == '=' ? text + len + 1 : NULL, err);
}

static int parse_short(struct parser *p, char *text, struct gw_error *err)
{
    const struct cli_option *option = find_option(p, NULL, 0, text[0]);
    if (!option) {
        char quoted[GW_QUOTED_MAX];
        return cli_usage(err, "unknown option %s", gw_error_quote(quoted, text - 1));
    }
    return take(p, option, text[1] ? text + 1 : NULL, err);
}

/* ---- words and operands ---- */

static int take_word(struct parser *p, char *word, struct gw_error *err)
{
    char quoted[GW_QUOTED_MAX];
    bool is_group = false;
    p->words[p->n_words++] = word;
    p->out->verb = cli_verb_find(p->words, p->n_words, &is_group);
    if (p->out->verb || is_group)
        return 0;
    if (p->n_words == 1)
        return cli_usage(err, "unknown verb %s", gw_error_quote(quoted, word));
    return cli_usage(err, "godwit %s has no verb %s", p->words[0], gw_error_quote(quoted, word));
}

static int take_operand(struct parser *p, char *text, struct gw_error *err)
{
    if (!p->out->verb)
        return take_word(p, text, err);
    if (p->out->n_operands == p->out->verb->n_allowed) {
        char quoted[GW_QUOTED_MAX];
        return cli_usage(err, "godwit %s takes no further operand: %s", p->out->verb->words,
                         gw_error_quote(quoted, text));
    }
    p->out->operands[p->out->n_operands++] = text;
    return 0;
}

static int parse_one(struct parser *p, char *arg, struct gw_error *err)
{
    if (p->is_only_operands || arg[0] != '-' || arg[1] == '\0')
        return take_operand(p, arg, err);
    if (strcmp(arg, "--") == 0) {
        p->is_only_operands = true;
        return 0;
    }
    return arg[1] == '-' ? parse_long(p, arg + 2, err) : parse_short(p, arg + 1, err);
}

static int check_complete(const struct parser *p, struct gw_error *err)
{
    const struct cli_verb *verb = p->out->verb;
    if (cli_args_global_has(p->out, "help") || cli_args_global_has(p->out, "version"))
        return 0;
    if (!verb && p->n_words > 0)
        return cli_usage(err, "godwit %s needs a verb", p->words[0]);
    if (!verb)
        return cli_usage(err, "no verb is given");
    if (p->out->n_operands < verb->n_required)
        return cli_usage(err, "godwit %s needs %s", verb->words, verb->operands);
    return 0;
}

int cli_args_parse(int argc, char *const *argv, struct cli_args *out, struct gw_error *err)
{
    *out = (struct cli_args){0};
    struct parser p = {.argc = argc, .argv = argv, .out = out};
    for (p.at = 1; p.at < argc; p.at++) {
        if (parse_one(&p, argv[p.at], err) < 0)
            return -1;
    }
    return check_complete(&p, err);
}

/* ---- values ---- */

static const struct cli_given *
find_given(const struct cli_args *args, bool is_global, const char *name)
{
    for (unsigned i = 0; i < args->n_given; i++) {
        const struct cli_given *given = &args->given[i];
        if (given->is_global == is_global && strcmp(given->option->name, name) == 0)
            return given;
    }
    return NULL;
}

bool cli_args_has(const struct cli_args *args, const char *name)
{
    return find_given(args, false, name) != NULL;
}

bool cli_args_global_has(const struct cli_args *args, const char *name)
{
    return find_given(args, true, name) != NULL;
}

char *cli_args_text(const struct cli_args *args, const char *name)
{
    const struct cli_given *given = find_given(args, false, name);
    return given ? given->value : NULL;
}

char *cli_args_global_text(const struct cli_args *args, const char *name)
{
    const struct cli_given *given = find_given(args, true, name);
    return given ? given->value : NULL;
}
