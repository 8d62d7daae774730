#ifndef CONVERSATION_H
#define CONVERSATION_H
#include "ids.h"
#include "queue.h"

/*
 * What the client and the server have said that must survive the hub: how the client opened, which requests have no
 * answer yet, and which of them the hub has been given.
 */
struct conversation {
  /* The client's `initialize` and `notifications/initialized` with their newlines; empty where it has not said them. */
  struct queue opening, initialized;
  size_t opening_id_length;
  char opening_id[longest_id];
  /* Whether the client had an answer to it. */
  bool told;
  /* Requests of the client, and of the server (asked), that have no answer. */
  struct ids open, asked;
};
typedef void say_id(const char *text, size_t length);

/* `line` is NULL for one that was too long to be kept. False for a request too many: its id is not known later. */
bool conversation_from_client(struct conversation *conversation, const struct envelope *envelope, const uint8_t *line,
                              size_t length, enum mark mark);
void conversation_from_hub(struct conversation *conversation, const struct envelope *envelope);
/* True where the hub that is met next must open the server's session without a word to the client. */
bool conversation_is_resumed(const struct conversation *conversation);
bool conversation_has_waiting(const struct conversation *conversation);
bool conversation_is_quiet(const struct conversation *conversation);
/* A new hub was told everything: puts what it must hear first in front of what waits for it. */
void conversation_replay(struct conversation *conversation, struct queue *to_hub);
/* The requests that went down with the hub; an unanswered opening is not among them, for it is said again. */
void conversation_take_lost(struct conversation *conversation, say_id *say);
void conversation_take_waiting(struct conversation *conversation, say_id *say);
void conversation_take_asked(struct conversation *conversation, say_id *say);

#endif
