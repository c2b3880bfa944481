#ifndef CLI_HUMAN_H
#define CLI_HUMAN_H
/* Sizes, times and words as people read them. Each writes into @buf and returns it. */

#include <protobuf-c/protobuf-c.h>
#include <stdint.h>

#include <google/protobuf/timestamp.pb-c.h>

enum { CLI_HUMAN_MAX = 48 };

/* "0 B", "512 MiB", "1.5 GiB". */
const char *cli_human_bytes(char buf[CLI_HUMAN_MAX], uint64_t bytes);
/* "118 MiB/s". */
const char *cli_human_rate(char buf[CLI_HUMAN_MAX], uint64_t bytes_per_s);
/* A duration: "0.4 ms", "142 ms", "1.82 s", "3m12s", "2h05m". */
const char *cli_human_us(char buf[CLI_HUMAN_MAX], uint64_t us);
/* How long before @now_s (seconds since 1970): "12s", "3m", "2h", "5d"; "-" for none, "0s" for the
 * future. */
const char *
cli_human_age(char buf[CLI_HUMAN_MAX], const Google__Protobuf__Timestamp *at, int64_t now_s);
/* An enum's value as a word without the enum's name, lower case: "running"; "-" for the value 0;
 * "value 12" for one this program does not know. */
const char *cli_human_enum(char buf[CLI_HUMAN_MAX], const ProtobufCEnumDescriptor *type, int value);

#endif
