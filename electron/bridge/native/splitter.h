#ifndef SPLITTER_H
#define SPLITTER_H
#include "envelope.h"
#include "queue.h"

/* Up to here a line is kept until it is whole. Fixed, so that the bridge's memory is. */
enum { whole_limit = 64 * 1024 };

/* Who hears of the lines. */
struct line_sink {
  /* A line that is short enough to keep, without its newline. */
  void (*on_whole)(const uint8_t *line, size_t length, const struct envelope *envelope);
  /* A longer line passes by in pieces; what it was about is known at its end. */
  void (*on_begin)(void);
  void (*on_piece)(const uint8_t *bytes, size_t length);
  void (*on_end)(const struct envelope *envelope);
};

/* Cuts a stream of bytes into lines in memory of a fixed size. Lines of blanks are left out. All zero at the start. */
struct splitter {
  const struct line_sink *sink;
  struct envelope_reader reader;
  bool passing;
  struct queue kept;
};
void splitter_push(struct splitter *splitter, const uint8_t *bytes, size_t length);
/* The stream has ended; true where it ended within a line of which pieces are already out. */
bool splitter_cut(struct splitter *splitter);

#endif
