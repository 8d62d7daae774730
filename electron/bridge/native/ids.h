#ifndef IDS_H
#define IDS_H
#include "envelope.h"

/* Beyond this many the rest is carried, but could not be answered if the hub went. */
enum { most_ids = 4096 };
enum mark { waiting = 1, sent = 2 };

/* Ids as they stand in messages, in the order they came, one behind the other in as little memory as they need. */
struct ids {
  uint8_t *bytes;
  size_t length, size, count;
};
struct id {
  uint8_t mark, last; /* `last` is the length of the text less one */
  char text[];
};
/* An id that is already there keeps its place and takes the mark. False for one that has no place. */
bool ids_set(struct ids *ids, const char *text, size_t length, enum mark mark);
void ids_remove(struct ids *ids, const char *text, size_t length);
void ids_clear(struct ids *ids);
/* The one behind `id`, the first for NULL, NULL behind the last. */
struct id *ids_next(const struct ids *ids, struct id *id);
static inline size_t id_length(const struct id *id) {
  return (size_t)id->last + 1;
}

#endif
