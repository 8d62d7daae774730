#include "splitter.h"
#include <string.h>

static void reset(struct splitter *splitter) {
  splitter->passing = false;
  queue_clear(&splitter->kept);
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
    size_t kept = queue_length(&splitter->kept);
    if (kept > 0) splitter->sink->on_piece(splitter->kept.bytes, kept);
    queue_clear(&splitter->kept);
  }
  if (length > 0) splitter->sink->on_piece(bytes, length);
}

static bool is_too_long(const struct splitter *splitter, size_t more) {
  return splitter->passing || queue_length(&splitter->kept) + more > whole_limit;
}

static void end_line(struct splitter *splitter, const uint8_t *bytes, size_t length) {
  envelope_feed(&splitter->reader, bytes, length);
  if (is_too_long(splitter, length)) {
    pass(splitter, bytes, length);
    splitter->sink->on_end(&splitter->reader.found);
  } else {
    /* Where nothing of it came before, it is passed on from where it lies. */
    struct queue *kept = &splitter->kept;
    bool is_alone = queue_length(kept) == 0;
    if (!is_alone) queue_add(kept, bytes, length);
    const uint8_t *line = is_alone ? bytes : kept->bytes;
    if (!is_alone) length = queue_length(kept);
    if (!is_blank(line, length)) splitter->sink->on_whole(line, length, &splitter->reader.found);
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
  if (is_too_long(splitter, length)) pass(splitter, bytes, length);
  else queue_add(&splitter->kept, bytes, length);
}

bool splitter_cut(struct splitter *splitter) {
  bool broken = splitter->passing;
  reset(splitter);
  return broken;
}
