#ifndef QUEUE_H
#define QUEUE_H
#include <stddef.h>
#include <stdint.h>

/* Bytes in order: added behind, taken from the front. */
struct queue {
  uint8_t *bytes;
  size_t from, to, size;
};
size_t queue_length(const struct queue *queue);
void queue_add(struct queue *queue, const void *bytes, size_t length);
void queue_add_text(struct queue *queue, const char *text);
/* With a newline behind it. */
void queue_add_line(struct queue *queue, const void *line, size_t length);
void queue_add_first(struct queue *queue, const void *bytes, size_t length);
void queue_take(struct queue *queue, size_t length);
void queue_clear(struct queue *queue);

#endif
