#include "relay.h"
#include "conversation.h"
#include "dial.h"
#include "launch.h"
#include "paths.h"
#include "splitter.h"
#include <string.h>

enum {
  held_limit = 1024 * 1024,
  /* A client that asks without ever reading its answers is read no further. */
  unread_limit = 256 * 1024,
  first_pause_ms = 25,
  most_pause_ms = 1000,
  /* How long a request waits: from the start of the app, where nothing can be started, and once it was in vain. */
  launched_ms = 20 * 1000,
  not_launched_ms = 4 * 1000,
  again_ms = 1000,
  drain_ms = 800,
  flush_ms = 100,
};

/* The words are those of shared/problems.ts; a test holds them together. */
#define PROBLEM(code, title, detail, remedy) \
  "{\"code\":-32050,\"message\":\"" title ": " detail "\",\"data\":{\"code\":\"" code "\",\"remedy\":\"" remedy "\"}}"
#define NOT_RUNNING(detail) PROBLEM("app.not-running", "The app is not running", detail, "restart-app")
static const char interrupted[] = PROBLEM("bridge.interrupted", "The connection was lost before the answer came",
                                          "the app was restarted; send the request again", "retry");
static const char too_much_waits[] = NOT_RUNNING("it is starting, and too much waits for it already; try again");

static const char *data_folder;
static char run_folder[longest_path];
static struct hello hello;
static struct dial dial;
static struct conversation conversation;
static enum { hub_absent, hub_dialled, hub_present } hub;
/* What waits for a hub, or is on its way to it. */
static struct queue to_hub, to_client;
static size_t held_length;
/* Where the pieces of a long line of the client go; `to_lost` is a hub that has gone. */
static enum { to_nowhere, to_held, to_present, to_lost } target;
static bool input_paused, input_ended, finished;
/* By when to be gone, once the client has closed its end; -1 before. */
static int64_t end_at_ms = -1;
static bool is_away, launched;
static int64_t deadline_ms = -1, next_dial_ms, pause_ms = first_pause_ms;

static void say_error(const char *id, size_t length, const char *error) {
  queue_add_text(&to_client, "{\"jsonrpc\":\"2.0\",\"id\":");
  queue_add(&to_client, id, length);
  queue_add_text(&to_client, ",\"error\":");
  queue_add_text(&to_client, error);
  queue_add_text(&to_client, "}\n");
}

static const char *error_of(enum dial_state state) {
  if (state == dial_refused) return dial_error(&dial);
  if (state == dial_other_version)
    return PROBLEM("bridge.version-mismatch", "The app and its bridge are of different versions",
                   "restart the app, then this one", "restart-app");
  if (state == dial_unproven) return NOT_RUNNING("something else answers in its place");
  return NOT_RUNNING("start it and try again");
}

static bool is_request(const struct envelope *envelope) {
  return envelope->id_length > 0 && envelope->method != no_method;
}

static enum mark mark_now(void) {
  return hub == hub_present ? sent : waiting;
}

static void start_waiting(void) {
  next_dial_ms = 0;
  if (deadline_ms < 0) deadline_ms = now_ms() + (is_away ? again_ms : not_launched_ms);
}

static void end_if_quiet(void) {
  if (input_ended && conversation_is_quiet(&conversation)) finished = true;
}

static void start_ending(void) {
  if (end_at_ms < 0) end_at_ms = now_ms() + drain_ms;
}

/* client → hub */

static void hold(const uint8_t *line, size_t length, const struct envelope *envelope, bool is_known) {
  if (is_known && held_length + length <= held_limit) {
    queue_add_line(&to_hub, line, length);
    held_length += length;
  } else if (is_request(envelope)) {
    ids_remove(&conversation.open, envelope->id, envelope->id_length);
    say_error(envelope->id, envelope->id_length, too_much_waits);
  }
}

static void on_client_line(const uint8_t *line, size_t length, const struct envelope *envelope) {
  bool is_known = conversation_from_client(&conversation, envelope, line, length, mark_now());
  if (hub == hub_present) {
    queue_add_line(&to_hub, line, length);
    return;
  }
  /* The opening and its end are said first to whichever hub comes; they need no place here. */
  bool is_opening = envelope->method == initialize_method && envelope->id_length > 0;
  if (!is_opening && envelope->method != initialized_method) hold(line, length, envelope, is_known);
  if (is_request(envelope)) start_waiting();
}

static void on_client_begin(void) {
  target = hub == hub_present ? to_present : to_held;
  if (hub == hub_present) return;
  /* While there is no hub the client is made to wait with the rest of it. */
  input_paused = true;
  start_waiting();
}

static void on_client_piece(const uint8_t *bytes, size_t length) {
  if (target == to_held || target == to_present) queue_add(&to_hub, bytes, length);
}

static void on_client_end(const struct envelope *envelope) {
  if (target == to_held || target == to_present) {
    conversation_from_client(&conversation, envelope, NULL, 0, mark_now());
    queue_add(&to_hub, "\n", 1);
  } else if (is_request(envelope)) {
    say_error(envelope->id, envelope->id_length, target == to_nowhere ? error_of(dial_away) : interrupted);
  }
}

/* hub → client */

static void flush(struct queue *queue, enum stream stream) {
  while (queue_length(queue) > 0) {
    ptrdiff_t length = write_stream(stream, queue->bytes + queue->from, queue_length(queue));
    if (length == stream_blocked) return;
    if (length > 0) {
      queue_take(queue, (size_t)length);
      continue;
    }
    if (stream == client_out) leave(0);
    queue_clear(queue); /* the hub has gone; how its last words end is read first */
  }
}

/*
 * Clients built on the SDK drop a notice (progress, most of all) that they read in one piece with the answer behind it:
 * an answer lets them read first what was said before.
 */
static bool has_noticed;
static void before_answer(void) {
  if (!has_noticed) return;
  has_noticed = false;
  flush(&to_client, client_out);
  if (queue_length(&to_client) == 0) let_client_read();
}

static void on_hub_line(const uint8_t *line, size_t length, const struct envelope *envelope) {
  if (envelope->method == no_method) before_answer();
  else if (envelope->id_length == 0) has_noticed = true;
  conversation_from_hub(&conversation, envelope);
  queue_add_line(&to_client, line, length);
  end_if_quiet();
}

static void on_hub_begin(void) {
  before_answer();
}

static void on_hub_piece(const uint8_t *bytes, size_t length) {
  queue_add(&to_client, bytes, length);
}

static void on_hub_end(const struct envelope *envelope) {
  conversation_from_hub(&conversation, envelope);
  queue_add(&to_client, "\n", 1);
  end_if_quiet();
}

static const struct line_sink from_client = {
  .on_whole = on_client_line, .on_begin = on_client_begin, .on_piece = on_client_piece, .on_end = on_client_end,
};
static const struct line_sink from_hub = {
  .on_whole = on_hub_line, .on_begin = on_hub_begin, .on_piece = on_hub_piece, .on_end = on_hub_end,
};

static struct splitter up, down;

/* the hub comes and goes */

static void attach(void) {
  hub = hub_present;
  is_away = launched = input_paused = false;
  deadline_ms = -1;
  held_length = 0;
  conversation_replay(&conversation, &to_hub);
  if (target == to_held) target = to_present;
}

static void dial_again(int64_t in_ms) {
  disconnect_hub();
  hub = hub_absent;
  next_dial_ms = now_ms() + in_ms;
}

static void say_interrupted(const char *id, size_t length) {
  say_error(id, length, interrupted);
}

static void say_cancelled(const char *id, size_t length) {
  queue_add_text(&to_client, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":");
  queue_add(&to_client, id, length);
  queue_add_text(&to_client, ",\"reason\":\"The app was restarted\"}}\n");
}

static void on_lost(void) {
  dial_again(0);
  pause_ms = first_pause_ms;
  queue_clear(&to_hub);
  input_paused = false;
  if (target == to_present) target = to_lost;
  if (splitter_cut(&down)) queue_add(&to_client, "\n", 1); /* a broken line must not swallow the next one */
  conversation_take_lost(&conversation, say_interrupted);
  conversation_take_asked(&conversation, say_cancelled);
  if (conversation_has_waiting(&conversation)) start_waiting();
  end_if_quiet();
}

static const char *given_up_with;
static void say_given_up(const char *id, size_t length) {
  say_error(id, length, given_up_with);
}

static void give_up_waiting(enum dial_state state) {
  given_up_with = error_of(state);
  conversation_take_waiting(&conversation, say_given_up);
  if (target == to_held) target = to_nowhere;
  queue_clear(&to_hub);
  held_length = 0;
  input_paused = launched = false;
  is_away = true;
  deadline_ms = -1;
}

static void on_dial_failed(enum dial_state state) {
  /* Only because a request waits: whoever quits the app keeps it quit until a client needs it. */
  if (state == dial_away && deadline_ms >= 0 && !launched) {
    launched = launch_app(data_folder);
    if (launched) deadline_ms = now_ms() + launched_ms;
  }
  int64_t now = now_ms();
  if (deadline_ms >= 0 && now >= deadline_ms) give_up_waiting(state);
  dial_again(deadline_ms >= 0 && deadline_ms - now < pause_ms ? deadline_ms - now : pause_ms);
  pause_ms = pause_ms * 2 < most_pause_ms ? pause_ms * 2 : most_pause_ms;
}

static void on_dialled(enum dial_state state) {
  if (state == dial_going) {
    hub = hub_dialled;
  } else if (state != dial_open) {
    on_dial_failed(state);
  } else if (hello.resumed == conversation_is_resumed(&conversation)) {
    attach();
  } else {
    /* The client opened anew while we dialled: this hub would keep the answer from it. */
    dial_again(0);
  }
}

static void dial_hub(void) {
  hello.resumed = conversation_is_resumed(&conversation);
  on_dialled(dial_begin(&dial, run_folder, hello));
}

/* the loop */

static uint8_t chunk[32 * 1024];

static void read_hub(void) {
  ptrdiff_t length = read_stream(hub_in, chunk, sizeof chunk);
  size_t used = 0;
  if (length == stream_blocked) return;
  if (hub == hub_dialled) {
    on_dialled(length < 0 ? dial_hung_up(&dial) : dial_feed(&dial, chunk, (size_t)length, &used));
    if (length < 0 || hub != hub_present) return;
  }
  if (length < 0) on_lost();
  else splitter_push(&down, chunk + used, (size_t)length - used);
}

static void read_client(void) {
  ptrdiff_t length = read_stream(client_in, chunk, sizeof chunk);
  if (length >= 0) {
    splitter_push(&up, chunk, (size_t)length);
  } else if (length == stream_ended) {
    input_ended = true;
    start_ending();
    end_if_quiet();
  }
}

static unsigned wanted_streams(void) {
  unsigned wanted = 0;
  bool is_backed_up = (hub == hub_present && queue_length(&to_hub) > 0) || queue_length(&to_client) > unread_limit;
  if (!input_ended && !input_paused && !is_backed_up) wanted |= client_in;
  if (queue_length(&to_client) > 0) wanted |= client_out;
  if (hub == hub_present && queue_length(&to_hub) > 0) wanted |= hub_out;
  if (hub == hub_dialled || (hub == hub_present && queue_length(&to_client) == 0)) wanted |= hub_in;
  return wanted;
}

static int64_t earlier(int64_t one, int64_t other) {
  return one < 0 || (other >= 0 && other < one) ? other : one;
}

static int64_t on_time(void) {
  int64_t now = now_ms();
  if (hub == hub_absent && now >= next_dial_ms) dial_hub();
  if (hub == hub_dialled && now >= dial.until_ms) on_dial_failed(dial_unproven);
  if (end_at_ms >= 0 && now >= end_at_ms) finished = true;
  int64_t until_ms = end_at_ms;
  if (hub == hub_absent) until_ms = earlier(until_ms, next_dial_ms);
  if (hub == hub_dialled) until_ms = earlier(until_ms, dial.until_ms);
  return until_ms;
}

/* What was said is still on its way; an end that does not read does not keep us. */
static _Noreturn void finish(void) {
  int64_t until_ms = now_ms() + flush_ms;
  if (hub != hub_present) queue_clear(&to_hub);
  for (unsigned wanted = 1; wanted && now_ms() < until_ms;) {
    flush(&to_hub, hub_out);
    flush(&to_client, client_out);
    bool is_up = queue_length(&to_hub) > 0 || is_writing(hub_out);
    bool is_down = queue_length(&to_client) > 0 || is_writing(client_out);
    wanted = (is_up ? hub_out : 0u) | (is_down ? client_out : 0u);
    if (wanted && wait_streams(wanted, until_ms) & client_gone) break;
  }
  leave(0);
}

_Noreturn void relay(const char *folder, const char *server, const char *client) {
  data_folder = folder;
  if (!join_path(run_folder, folder, "run")) fail("the path of the app’s folder is too long");
  hello = (struct hello){.server = server, .client = client};
  up.sink = &from_client;
  down.sink = &from_hub;
  open_client();
  for (;;) {
    int64_t until_ms = on_time();
    if (hub == hub_present) flush(&to_hub, hub_out);
    flush(&to_client, client_out);
    if (finished) finish();
    unsigned ready = wait_streams(wanted_streams(), until_ms);
    if (ready & client_gone) leave(0);
    /* It left the rest of a long line and no hub has come: its end of the line is not seen by reading. */
    if (ready & client_leaving && input_paused) start_ending();
    if (ready & hub_in) read_hub();
    if (ready & client_in) read_client();
  }
}
