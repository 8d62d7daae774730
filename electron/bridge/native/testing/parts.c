/* The parts of the bridge, for tests to ask: parts sha256 | hmac <key in hex> | scan | data-folder; text is on stdin. */
#include "../paths.h"
#include "../sha256.h"
#include "../splitter.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t text[16 * 1024 * 1024];

static void print_hex(const uint8_t *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) printf("%02x", bytes[i]);
  putchar('\n');
}

static size_t read_hex(const char *hex, uint8_t *bytes) {
  size_t length = strlen(hex) / 2;
  for (size_t i = 0; i < length; i++) bytes[i] = (uint8_t)strtoul((char[]){hex[2 * i], hex[2 * i + 1], 0}, NULL, 16);
  return length;
}

/* One line of output for each message: method, id. */
static void print_envelope(const struct envelope *envelope) {
  static const char *const methods[] = {"-", "other", "initialize", "initialized"};
  printf("%s ", methods[envelope->method]);
  fwrite(envelope->id, 1, envelope->id_length, stdout);
  putchar('\n');
}

static void on_whole(const uint8_t *line, size_t length, const struct envelope *envelope) {
  (void)line, (void)length;
  print_envelope(envelope);
}
static void on_begin(void) {}
static void on_piece(const uint8_t *bytes, size_t length) {
  (void)bytes, (void)length;
}

static void scan(size_t length, size_t step) {
  static const struct line_sink sink = {on_whole, on_begin, on_piece, print_envelope};
  static struct splitter splitter;
  splitter.sink = &sink;
  for (size_t at = 0; at < length; at += step)
    splitter_push(&splitter, text + at, length - at < step ? length - at : step);
}

int main(int argc, char **argv) {
  uint8_t key[1024], digest[sha256_size];
  char folder[longest_path];
  const char *what = argc > 1 ? argv[1] : "";
  size_t length = strcmp(what, "data-folder") == 0 ? 0 : fread(text, 1, sizeof text, stdin);
  if (strcmp(what, "sha256") == 0) {
    struct sha256 hash;
    sha256_begin(&hash);
    sha256_add(&hash, text, length);
    sha256_end(&hash, digest);
    print_hex(digest, sizeof digest);
  } else if (strcmp(what, "hmac") == 0 && argc > 2) {
    struct hmac hmac;
    hmac_begin(&hmac, key, read_hex(argv[2], key));
    hmac_add(&hmac, text, length / 2);
    hmac_add(&hmac, text + length / 2, length - length / 2);
    hmac_end(&hmac, digest);
    print_hex(digest, sizeof digest);
  } else if (strcmp(what, "scan") == 0 && argc > 2) {
    scan(length, strtoul(argv[2], NULL, 10));
  } else if (strcmp(what, "data-folder") == 0) {
    puts(find_data_folder(folder) ? folder : "none");
  } else {
    return 2;
  }
  return 0;
}
