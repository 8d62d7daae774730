#include "splitter.h"
#include <string.h>

static void reset(struct splitter *splitter) {
  splitter->passing = false;
  splitter->kept_length = 0;
  envelope_begin(&splitter->reader);
}

static bool is_blank(const uint8_t *bytes, size_t length) {
  for (size_t i = 0; i < length; i++)
    if (bytes[i] != ' ' && bytes[i] != '\r') return false;
  return true;
}

/* Some bytes of a line that is too long to be kept with them. */
static void pass(struct splitter *splitter, const uint8_t *bytes, size_t length) {
  if (!splitter->passing) {
    splitter->passing = true;
    splitter->sink->on_begin();
    if (splitter->kept_length > 0) splitter->sink->on_piece(splitter->kept, splitter->kept_length);
    splitter->kept_length = 0;
  }
  if (length > 0) splitter->sink->on_piece(bytes, length);
}

static void end_line(struct splitter *splitter, const uint8_t *bytes, size_t length) {
  envelope_feed(&splitter->reader, bytes, length);
  if (splitter->passing || splitter->kept_length + length > whole_limit) {
    pass(splitter, bytes, length);
    splitter->sink->on_end(&splitter->reader.found);
  } else if (splitter->kept_length == 0) {
    /* Nothing of it came before: it is passed on from where it lies. */
    if (!is_blank(bytes, length)) splitter->sink->on_whole(bytes, length, &splitter->reader.found);
  } else {
    memcpy(splitter->kept + splitter->kept_length, bytes, length);
    size_t whole = splitter->kept_length + length;
    if (!is_blank(splitter->kept, whole)) splitter->sink->on_whole(splitter->kept, whole, &splitter->reader.found);
  }
  reset(splitter);
}

void splitter_push(struct splitter *splitter, const uint8_t *bytes, size_t length) {
  for (const uint8_t *newline; length > 0 && (newline = memchr(bytes, '\n', length)) != NULL;) {
    size_t line = (size_t)(newline - bytes);
    end_line(splitter, bytes, line);
    bytes += line + 1;
    length -= line + 1;
  }
  if (length == 0) return;
  envelope_feed(&splitter->reader, bytes, length);
  if (splitter->passing || splitter->kept_length + length > whole_limit) {
    pass(splitter, bytes, length);
  } else {
    memcpy(splitter->kept + splitter->kept_length, bytes, length);
    splitter->kept_length += length;
  }
}

bool splitter_cut(struct splitter *splitter) {
  bool broken = splitter->passing;
  reset(splitter);
  return broken;
}
