#ifndef DIAL_H
#define DIAL_H
#include "platform.h"

/* away: nobody there. unproven: whoever is there does not know the key. refused: the hub said why. */
enum dial_state { dial_going, dial_open, dial_away, dial_unproven, dial_other_version, dial_refused };

enum { key_size = 32, nonce_size = 32, longest_line = 4096 };

struct hello {
  const char *server;
  const char *client; /* NULL where it was not said */
  bool resumed;
};

/* One try to reach the hub (README, "Handshake"): it proves itself, then we do, then we say hello. */
struct dial {
  struct hello hello;
  bool proven;
  int64_t until_ms;
  uint8_t key[key_size + 1];
  char address[4096 + 1];
  char nonce[2 * nonce_size + 1];
  size_t line_length;
  char line[longest_line + 1];
};
/* Connects to the hub that published itself in the run folder and greets it. */
enum dial_state dial_begin(struct dial *dial, const char *run_folder, struct hello hello);
/* Takes what the hub says; `used` is how much of it was handshake. */
enum dial_state dial_feed(struct dial *dial, const uint8_t *bytes, size_t length, size_t *used);
/* What it means that the hub hung up or stayed silent. */
enum dial_state dial_hung_up(const struct dial *dial);
/* With dial_refused: the hub's error as JSON. */
const char *dial_error(const struct dial *dial);

#endif
