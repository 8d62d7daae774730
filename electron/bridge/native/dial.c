#include "dial.h"
#include "brand.h"
#include "paths.h"
#include "sha256.h"
#include <stdio.h>
#include <string.h>

/* The first word of both greetings, whatever the product is called. */
#define PROTOCOL "causeway"
#define PROTOCOL_VERSION "1"
#define ROLE "bridge"
enum { silence_ms = 5000 };

static void write_hex(char *text, const uint8_t *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) {
    text[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
    text[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
  }
  text[2 * length] = '\0';
}

static bool is_nonce(const char *text) {
  return strlen(text) == 2 * nonce_size && strspn(text, "0123456789abcdef") == 2 * nonce_size;
}

/*
 * HMAC over everything both sides said. `side` keeps a proof from being sent back to its maker, the nonces keep it from
 * being used again, and the address keeps a fake hub from passing on the real hub's proof.
 */
static void prove(const struct dial *dial, const char *side, const char *hub_nonce, char proof[2 * sha256_size + 1]) {
  const char *const said[] = {PROTOCOL, PROTOCOL_VERSION, side, ROLE, dial->nonce, hub_nonce, dial->address};
  struct hmac hmac;
  uint8_t digest[sha256_size];
  hmac_begin(&hmac, dial->key, key_size);
  for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
    if (i > 0) hmac_add(&hmac, " ", 1);
    hmac_add(&hmac, said[i], strlen(said[i]));
  }
  hmac_end(&hmac, digest);
  write_hex(proof, digest, sizeof digest);
}

/* Takes the same time wherever the difference is. */
static bool is_same(const char *given, const char *expected) {
  size_t length = strlen(expected);
  if (strlen(given) != length) return false;
  unsigned difference = 0;
  for (size_t i = 0; i < length; i++) difference |= (unsigned)(given[i] ^ expected[i]);
  return difference == 0;
}

/* Files that someone else could have written are not believed. */
static bool find_hub(struct dial *dial, const char *run_folder) {
  char path[longest_path];
  if (!join_path(path, run_folder, "hub.address")) return false;
  ptrdiff_t length = read_own(path, (uint8_t *)dial->address, sizeof dial->address - 1);
  while (length > 0 && strchr(" \t\r\n", dial->address[length - 1])) length--;
  if (length <= 0) return false;
  dial->address[length] = '\0';
  return join_path(path, run_folder, "hub.key") && read_own(path, dial->key, sizeof dial->key) == key_size;
}

/* A connection takes this much at once, or is none. */
static bool say(const char *text) {
  return write_stream(hub_out, (const uint8_t *)text, strlen(text)) == (ptrdiff_t)strlen(text);
}

enum dial_state dial_begin(struct dial *dial, const char *run_folder, struct hello hello) {
  uint8_t nonce[nonce_size];
  dial->hello = hello;
  dial->proven = false;
  dial->line_length = 0;
  dial->until_ms = now_ms() + silence_ms;
  if (!find_hub(dial, run_folder) || !fill_random(nonce, sizeof nonce) || !connect_hub(dial->address)) return dial_away;
  write_hex(dial->nonce, nonce, sizeof nonce);
  char greeting[128];
  snprintf(greeting, sizeof greeting, PROTOCOL " " PROTOCOL_VERSION " " ROLE " %s\n", dial->nonce);
  return say(greeting) ? dial_going : dial_away;
}

/* Cuts the next word off a line; an empty one where there is none. */
static char *next_word(char **line) {
  char *word = *line, *space = strchr(word, ' ');
  *line = space ? space + 1 : word + strlen(word);
  if (space) *space = '\0';
  return word;
}

static enum dial_state on_greeting(struct dial *dial) {
  char *rest = dial->line;
  const char *name = next_word(&rest), *version = next_word(&rest);
  const char *hub_nonce = next_word(&rest), *hub_proof = next_word(&rest);
  char proof[2 * sha256_size + 1];
  if (strcmp(name, PROTOCOL) == 0 && strcmp(version, PROTOCOL_VERSION) != 0) return dial_other_version;
  if (!is_nonce(hub_nonce)) return dial_unproven;
  prove(dial, "hub", hub_nonce, proof);
  if (!is_same(hub_proof, proof)) return dial_unproven;
  dial->proven = true;
  prove(dial, "peer", hub_nonce, proof);
  const struct hello *hello = &dial->hello;
  const char *quote = hello->client ? "\"" : "";
  char text[512];
  int length = snprintf(
      text, sizeof text, "%s {\"server\":\"%s\",\"client\":%s%s%s,\"pid\":%lu,\"version\":\"" VERSION "\",\"resumed\":%s}\n", proof,
      hello->server, quote, hello->client ? hello->client : "null", quote, process_id(), hello->resumed ? "true" : "false");
  return length < (int)sizeof text && say(text) ? dial_going : dial_unproven;
}

static enum dial_state on_line(struct dial *dial) {
  if (!dial->proven) return on_greeting(dial);
  if (strncmp(dial->line, "no ", 3) == 0) return dial_refused;
  return strcmp(dial->line, "ok") == 0 ? dial_open : dial_unproven;
}

enum dial_state dial_feed(struct dial *dial, const uint8_t *bytes, size_t length, size_t *used) {
  for (*used = 0; *used < length;) {
    uint8_t byte = bytes[(*used)++];
    if (byte != '\n') {
      if (dial->line_length == longest_line) return dial_unproven;
      dial->line[dial->line_length++] = (char)byte;
      continue;
    }
    dial->line[dial->line_length] = '\0';
    dial->line_length = 0;
    enum dial_state state = on_line(dial);
    if (state != dial_going) return state;
  }
  return dial_going;
}

enum dial_state dial_hung_up(const struct dial *dial) {
  return dial->proven ? dial_unproven : dial_away;
}

const char *dial_error(const struct dial *dial) {
  return dial->line + 3;
}
