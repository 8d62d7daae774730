#include "queue.h"
#include "platform.h"
#include <stdlib.h>
#include <string.h>

/* What an empty queue keeps for the next chunk; more is given back, for a bridge lives for days. */
enum { kept_size = 32 * 1024 };

size_t queue_length(const struct queue *queue) {
  return queue->to - queue->from;
}

static void make_room(struct queue *queue, size_t length) {
  size_t used = queue_length(queue);
  if (queue->from > 0) {
    memmove(queue->bytes, queue->bytes + queue->from, used);
    queue->from = 0;
    queue->to = used;
  }
  if (queue->size - used >= length) return;
  size_t size = queue->size > 0 ? queue->size : 4096;
  while (size - used < length) size *= 2;
  uint8_t *bytes = realloc(queue->bytes, size);
  if (!bytes) fail("no memory left");
  queue->bytes = bytes;
  queue->size = size;
}

void queue_add(struct queue *queue, const void *bytes, size_t length) {
  if (length == 0) return;
  if (queue->size - queue->to < length) make_room(queue, length);
  memcpy(queue->bytes + queue->to, bytes, length);
  queue->to += length;
}

void queue_add_text(struct queue *queue, const char *text) {
  queue_add(queue, text, strlen(text));
}

void queue_add_line(struct queue *queue, const void *line, size_t length) {
  queue_add(queue, line, length);
  queue_add(queue, "\n", 1);
}

void queue_add_first(struct queue *queue, const void *bytes, size_t length) {
  if (length == 0) return;
  make_room(queue, length);
  memmove(queue->bytes + length, queue->bytes, queue->to);
  memcpy(queue->bytes, bytes, length);
  queue->to += length;
}

void queue_take(struct queue *queue, size_t length) {
  queue->from += length;
  if (queue->from == queue->to) queue_clear(queue);
}

void queue_clear(struct queue *queue) {
  queue->from = queue->to = 0;
  if (queue->size <= kept_size) return;
  free(queue->bytes);
  queue->bytes = NULL;
  queue->size = 0;
}
