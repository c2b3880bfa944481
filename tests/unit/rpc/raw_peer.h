#ifndef TESTS_UNIT_RPC_RAW_PEER_H
#define TESTS_UNIT_RPC_RAW_PEER_H
/* A peer that speaks on a plain socket and may say whatever it likes. */

#include "godwit/v1/envelope.pb-c.h"
#include "rpc_case.h"

enum raw_kind { /* the frame kinds by short names */
                RAW_HELLO = GODWIT__V1__FRAME_KIND__FRAME_KIND_HELLO,
                RAW_REQUEST = GODWIT__V1__FRAME_KIND__FRAME_KIND_REQUEST,
                RAW_ITEM = GODWIT__V1__FRAME_KIND__FRAME_KIND_ITEM,
                RAW_REPLY = GODWIT__V1__FRAME_KIND__FRAME_KIND_REPLY,
                RAW_CANCEL = GODWIT__V1__FRAME_KIND__FRAME_KIND_CANCEL,
                RAW_CREDIT = GODWIT__V1__FRAME_KIND__FRAME_KIND_CREDIT,
                RAW_PING = GODWIT__V1__FRAME_KIND__FRAME_KIND_PING,
                RAW_PONG = GODWIT__V1__FRAME_KIND__FRAME_KIND_PONG,
};

/* Connect to the case's server. */
int raw_connect(struct rpc_case *c);
/* Listen at the case's address; then take the channel's connection. */
int raw_listen(struct rpc_case *c);
int raw_accept(struct rpc_case *c, int listener);
/* As raw_connect() and raw_accept(), and HELLO said and heard. */
int raw_client(struct rpc_case *c);
int raw_server(struct rpc_case *c, int listener);

void raw_send(int fd, const void *bytes, size_t len);
void raw_send_frame(int fd, const Godwit__V1__Envelope *frame);
/* A frame of @kind for call @id without more. */
void raw_send_kind(int fd, enum raw_kind kind, uint64_t id);
void raw_send_hello(int fd);
/* REQUEST of Echo.Say with @text. */
void raw_send_say(int fd, uint64_t id, const char *text);
/* The next frame but PINGs; to be freed by godwit__v1__envelope__free_unpacked(). */
Godwit__V1__Envelope *raw_read_frame(struct rpc_case *c, int fd);
/* Read one frame, check its kind and call, forget it. */
void raw_expect(struct rpc_case *c, int fd, enum raw_kind kind, uint64_t id);
/* Read till the other side has closed, then close. */
void raw_expect_closed(struct rpc_case *c, int fd);

#endif
