#include "envelope.h"
#include <string.h>

void envelope_begin(struct envelope_reader *reader) {
  reader->depth = 0;
  reader->quoted = reader->escaped = reader->is_object = reader->awaits_key = false;
  reader->capture = capture_nothing;
  reader->captured_length = 0;
  reader->found.method = no_method;
  reader->found.id_length = 0;
}

static void add(struct envelope_reader *reader, uint8_t byte) {
  if (reader->captured_length <= longest_id) reader->captured[reader->captured_length++] = (char)byte;
}

/* Whether the captured string is this one; its quotes are not looked at. */
static bool is_text(const struct envelope_reader *reader, const char *text) {
  size_t length = strlen(text);
  return reader->captured_length == length + 2 && memcmp(reader->captured + 1, text, length) == 0;
}

static void keep(struct envelope_reader *reader) {
  struct envelope *found = &reader->found;
  if (reader->capture == capture_id) {
    char first = reader->captured_length > 0 ? reader->captured[0] : ' ';
    bool is_id = first == '"' || first == '-' || (first >= '0' && first <= '9');
    found->id_length = is_id && reader->captured_length <= longest_id ? reader->captured_length : 0;
    memcpy(found->id, reader->captured, found->id_length);
  } else if (reader->capture == capture_method) {
    if (is_text(reader, "initialize")) found->method = initialize_method;
    else found->method = is_text(reader, "notifications/initialized") ? initialized_method : other_method;
  }
  reader->capture = capture_nothing;
}

static void end_key(struct envelope_reader *reader) {
  if (is_text(reader, "id")) reader->capture = capture_id;
  else reader->capture = is_text(reader, "method") ? capture_method : capture_nothing;
  reader->captured_length = 0;
  reader->awaits_key = false;
}

/* One byte outside of a string. */
static void step(struct envelope_reader *reader, uint8_t byte) {
  if (byte == '{' || byte == '[') {
    reader->depth++;
    if (reader->depth == 1) reader->is_object = reader->awaits_key = byte == '{';
    else reader->capture = capture_nothing;
  } else if (byte == '}' || byte == ']') {
    if (reader->depth == 1) keep(reader);
    reader->depth--;
  } else if (reader->depth == 1 && byte == ',') {
    keep(reader);
    reader->awaits_key = reader->is_object;
  } else if (reader->depth == 1 && byte == ':' && reader->awaits_key) {
    end_key(reader);
  } else if (reader->capture && byte > ' ') {
    add(reader, byte);
  }
}

/* One byte inside a string, or its closing quote. */
static void step_quoted(struct envelope_reader *reader, uint8_t byte) {
  if (reader->capture) add(reader, byte);
  if (reader->escaped) reader->escaped = false;
  else if (byte == '\\') reader->escaped = true;
  else if (byte == '"') reader->quoted = false;
}

static void open_quote(struct envelope_reader *reader) {
  reader->quoted = true;
  if (reader->depth == 1 && reader->awaits_key) {
    reader->capture = capture_key;
    reader->captured_length = 0;
  }
  if (reader->capture) add(reader, '"');
}

/*
 * The next quote or backslash from `at` on. In long lines they are far apart, and the library looks faster than a loop;
 * it looks a little way at a time, so that text full of the one is not searched over and over for the other.
 */
static size_t next_mark(const uint8_t *bytes, size_t at, size_t length) {
  enum { near = 32, stride = 512 };
  for (size_t end = length - at < near ? length : at + near; at < end; at++)
    if (bytes[at] == '"' || bytes[at] == '\\') return at;
  while (at < length) {
    size_t count = length - at < stride ? length - at : stride;
    const uint8_t *quote = memchr(bytes + at, '"', count);
    if (quote) count = (size_t)(quote - (bytes + at));
    const uint8_t *backslash = memchr(bytes + at, '\\', count);
    if (backslash) return (size_t)(backslash - bytes);
    at += count;
    if (quote) return at;
  }
  return length;
}

void envelope_feed(struct envelope_reader *reader, const uint8_t *bytes, size_t length) {
  for (size_t at = 0; at < length; at++) {
    if (!reader->quoted) {
      if (bytes[at] == '"') open_quote(reader);
      else step(reader, bytes[at]);
      continue;
    }
    /* Most bytes of a long line are inside of strings that nobody asks for. */
    if (!reader->capture && !reader->escaped) {
      at = next_mark(bytes, at, length);
      if (at == length) return;
    }
    step_quoted(reader, bytes[at]);
  }
}
