#include "conversation.h"
#include <string.h>

static void keep_line(struct queue *kept, const uint8_t *line, size_t length) {
  queue_clear(kept);
  queue_add_line(kept, line, length);
}

static bool is_opening(const struct conversation *conversation, const char *text, size_t length) {
  return queue_length(&conversation->opening) > 0 && conversation->opening_id_length == length &&
         memcmp(conversation->opening_id, text, length) == 0;
}

bool conversation_from_client(struct conversation *conversation, const struct envelope *envelope, const uint8_t *line,
                              size_t length, enum mark mark) {
  if (envelope->method == no_method) {
    ids_remove(&conversation->asked, envelope->id, envelope->id_length);
    return true;
  }
  if (envelope->method == initialized_method) {
    if (line) keep_line(&conversation->initialized, line, length);
    else queue_clear(&conversation->initialized);
  }
  if (envelope->id_length == 0) return true;
  if (envelope->method == initialize_method && line) {
    keep_line(&conversation->opening, line, length);
    memcpy(conversation->opening_id, envelope->id, envelope->id_length);
    conversation->opening_id_length = envelope->id_length;
    conversation->told = false;
    queue_clear(&conversation->initialized);
  }
  return ids_set(&conversation->open, envelope->id, envelope->id_length, mark);
}

void conversation_from_hub(struct conversation *conversation, const struct envelope *envelope) {
  if (envelope->id_length == 0) return;
  if (envelope->method != no_method) {
    ids_set(&conversation->asked, envelope->id, envelope->id_length, sent);
    return;
  }
  ids_remove(&conversation->open, envelope->id, envelope->id_length);
  if (is_opening(conversation, envelope->id, envelope->id_length)) conversation->told = true;
}

bool conversation_is_resumed(const struct conversation *conversation) {
  return conversation->told;
}

bool conversation_has_waiting(const struct conversation *conversation) {
  struct id *id = ids_next(&conversation->open, NULL);
  while (id && id->mark != waiting) id = ids_next(&conversation->open, id);
  return id != NULL;
}

bool conversation_is_quiet(const struct conversation *conversation) {
  return conversation->open.count == 0;
}

void conversation_replay(struct conversation *conversation, struct queue *to_hub) {
  struct queue *opening = &conversation->opening, *initialized = &conversation->initialized;
  if (queue_length(opening) > 0) {
    queue_add_first(to_hub, initialized->bytes, queue_length(initialized));
    queue_add_first(to_hub, opening->bytes, queue_length(opening));
    if (!conversation->told) ids_set(&conversation->open, conversation->opening_id, conversation->opening_id_length, sent);
  }
  for (struct id *id = NULL; (id = ids_next(&conversation->open, id)) != NULL;) id->mark = sent;
}

void conversation_take_lost(struct conversation *conversation, say_id *say) {
  struct ids *open = &conversation->open;
  for (struct id *id = ids_next(open, NULL); id;) {
    bool is_said_again = !conversation->told && is_opening(conversation, id->text, id_length(id));
    if (id->mark == waiting || is_said_again) {
      id->mark = waiting;
      id = ids_next(open, id);
      continue;
    }
    say(id->text, id_length(id));
    /* What was behind it comes to where it was. */
    size_t at = (size_t)((uint8_t *)id - open->bytes);
    ids_remove(open, id->text, id_length(id));
    id = at < open->length ? (struct id *)(open->bytes + at) : NULL;
  }
}

static void take_all(struct ids *ids, say_id *say) {
  for (struct id *id = NULL; (id = ids_next(ids, id)) != NULL;) say(id->text, id_length(id));
  ids_clear(ids);
}

void conversation_take_waiting(struct conversation *conversation, say_id *say) {
  take_all(&conversation->open, say);
  if (queue_length(&conversation->opening) > 0) conversation->told = true;
}

void conversation_take_asked(struct conversation *conversation, say_id *say) {
  take_all(&conversation->asked, say);
}
