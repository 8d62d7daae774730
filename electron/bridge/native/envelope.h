#ifndef ENVELOPE_H
#define ENVELOPE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { longest_id = 256 };
enum method { no_method, other_method, initialize_method, initialized_method };

/* What a line is about: the exact text of its id (length 0 where there is none, or one too long), and its method. */
struct envelope {
  enum method method;
  size_t id_length;
  char id[longest_id];
};

/*
 * Reads the top-level `id` and `method` of one JSON line that arrives in pieces, in memory of a fixed size. It does not
 * judge whether the line is valid. All zero at the start. Its twin is end/envelope.ts; a test feeds both the same lines.
 */
struct envelope_reader {
  int64_t depth;
  bool quoted, escaped, is_object, awaits_key;
  enum { capture_nothing, capture_key, capture_id, capture_method } capture;
  size_t captured_length;
  char captured[longest_id + 1];
  struct envelope found;
};
void envelope_begin(struct envelope_reader *reader);
void envelope_feed(struct envelope_reader *reader, const uint8_t *bytes, size_t length);

#endif
