#include "ids.h"
#include "platform.h"
#include <stdlib.h>
#include <string.h>

struct id *ids_next(const struct ids *ids, struct id *id) {
  uint8_t *next = id ? (uint8_t *)id + sizeof *id + id_length(id) : ids->bytes;
  return ids->length > 0 && next < ids->bytes + ids->length ? (struct id *)next : NULL;
}

static struct id *find(const struct ids *ids, const char *text, size_t length) {
  struct id *id = ids_next(ids, NULL);
  while (id && (id_length(id) != length || memcmp(id->text, text, length) != 0)) id = ids_next(ids, id);
  return id;
}

bool ids_set(struct ids *ids, const char *text, size_t length, enum mark mark) {
  struct id *id = find(ids, text, length);
  if (!id) {
    if (ids->count >= most_ids || length == 0 || length > longest_id) return false;
    size_t needed = ids->length + sizeof *id + length;
    if (needed > ids->size) {
      size_t size = needed * 2;
      uint8_t *bytes = realloc(ids->bytes, size);
      if (!bytes) fail("no memory left");
      ids->bytes = bytes;
      ids->size = size;
    }
    id = (struct id *)(ids->bytes + ids->length);
    id->last = (uint8_t)(length - 1);
    memcpy(id->text, text, length);
    ids->length = needed;
    ids->count++;
  }
  id->mark = (uint8_t)mark;
  return true;
}

void ids_remove(struct ids *ids, const char *text, size_t length) {
  struct id *id = find(ids, text, length);
  if (!id) return;
  size_t taken = sizeof *id + length;
  size_t behind = (size_t)(ids->bytes + ids->length - (uint8_t *)id) - taken;
  memmove(id, (uint8_t *)id + taken, behind);
  ids->length -= taken;
  ids->count--;
  if (ids->count == 0) ids_clear(ids);
}

void ids_clear(struct ids *ids) {
  ids->length = ids->count = 0;
  if (ids->size <= 4096) return;
  free(ids->bytes);
  ids->bytes = NULL;
  ids->size = 0;
}
