/*
 * Feeds bytes to what reads bytes of others: the splitter with its scanner, the table of ids, and the handshake. What
 * must hold whatever comes: pieces put together are the lines that went in, and how they were cut changes nothing.
 * With clang: -fsanitize=fuzzer -DLIBFUZZER. Otherwise a program that mutates examples: fuzz <runs> <seed>.
 */
#include "../conversation.h"
#include "../dial.h"
#include "../platform.h"
#include "../queue.h"
#include "../splitter.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct queue *lines, *envelopes;
static struct conversation conversation;

static void check(bool holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "does not hold: %s\n", what);
  abort();
}

static void write_envelope(const struct envelope *envelope) {
  queue_add(envelopes, &envelope->method, sizeof envelope->method);
  queue_add(envelopes, envelope->id, envelope->id_length);
  queue_add(envelopes, "\n", 1);
  if (envelope->id_length % 3 == 0) conversation_from_hub(&conversation, envelope);
  else conversation_from_client(&conversation, envelope, (const uint8_t *)"{}", 2, envelope->id_length % 2 ? sent : waiting);
}
static void on_whole(const uint8_t *line, size_t length, const struct envelope *envelope) {
  queue_add(lines, line, length);
  queue_add(lines, "\n", 1);
  write_envelope(envelope);
}
static void on_begin(void) {}
static void on_piece(const uint8_t *bytes, size_t length) {
  queue_add(lines, bytes, length);
}
static void on_end(const struct envelope *envelope) {
  queue_add(lines, "\n", 1);
  write_envelope(envelope);
}
static void on_id(const char *id, size_t length) {
  check(length > 0 && length <= longest_id, "an id has 1 to 256 bytes");
  queue_add(lines, id, length);
}

/* The lines of `bytes` that are not blank, as they went in. */
static void expect_lines(struct queue *expected, const uint8_t *bytes, size_t length) {
  for (const uint8_t *end; (end = memchr(bytes, '\n', length)) != NULL;) {
    size_t line = (size_t)(end - bytes), blank = 0;
    while (blank < line && (bytes[blank] == ' ' || bytes[blank] == '\r')) blank++;
    if (blank < line || line > whole_limit) queue_add(expected, bytes, line + 1);
    bytes += line + 1;
    length -= line + 1;
  }
}

static bool is_same(const struct queue *one, const struct queue *other) {
  size_t length = queue_length(one);
  return length == queue_length(other) && (length == 0 || memcmp(one->bytes, other->bytes, length) == 0);
}

static void try_splitter(const uint8_t *bytes, size_t length) {
  static const struct line_sink sink = {on_whole, on_begin, on_piece, on_end};
  static struct queue expected, said[2], about[2];
  queue_clear(&expected);
  expect_lines(&expected, bytes, length);
  for (int turn = 0; turn < 2; turn++) {
    static struct splitter splitter;
    splitter.sink = &sink;
    lines = &said[turn];
    envelopes = &about[turn];
    queue_clear(lines);
    queue_clear(envelopes);
    for (size_t at = 0, step = length; at < length; at += step) {
      if (turn == 1) step = 1 + (bytes[at] * 7919u) % 613;
      if (step > length - at) step = length - at;
      splitter_push(&splitter, bytes + at, step);
    }
    size_t before = queue_length(lines);
    bool is_broken = splitter_cut(&splitter);
    /* What was passed of a line that never ended is not among the expected ones. */
    while (is_broken && before > 0 && lines->bytes[before - 1] != '\n') before--;
    lines->to = before;
    check(is_same(lines, &expected), "pieces put together are the lines that went in");
    conversation_take_lost(&conversation, on_id);
    conversation_replay(&conversation, lines);
    if (turn == 1) conversation_take_waiting(&conversation, on_id);
    conversation_take_asked(&conversation, on_id);
    check(conversation.open.count <= most_ids, "the table of ids is bounded");
  }
  check(is_same(&about[0], &about[1]), "how a line is cut does not change what it is about");
}

static void try_handshake(const uint8_t *bytes, size_t length) {
  static struct dial dial;
  size_t used = 0;
  memset(&dial, 0, sizeof dial);
  dial.hello = (struct hello){.server = "echo", .client = length % 2 ? "vscode" : NULL};
  memset(dial.nonce, 'a', 2 * nonce_size);
  enum dial_state state = dial_going;
  for (size_t at = 0; at < length && state == dial_going; at += used) state = dial_feed(&dial, bytes + at, length - at, &used);
  check(!dial.proven && state != dial_open && state != dial_refused, "nobody proves what he does not know");
  dial.proven = true;
  dial.line_length = 0;
  if (dial_feed(&dial, bytes, length, &used) == dial_refused) check(strlen(dial_error(&dial)) <= longest_line, "an error is a line");
  check(used <= length, "no more is used than there is");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  try_splitter(bytes, length);
  try_handshake(bytes, length);
  /* Once more from the last line on, which may be the longest. */
  size_t from = length;
  while (from > 0 && bytes[from - 1] != '\n') from--;
  try_handshake(bytes + from, length - from);
  return 0;
}

#ifndef LIBFUZZER
static const char *const examples[] = {
  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"id\":2,\"method\":\"x\"}}\n",
  "{\"method\":\"notifications/initialized\",\"jsonrpc\":\"2.0\"}\r\n  \r\n\n",
  "{\"id\":\"\\u00e9\\\"\\\\\",\"result\":[{\"a\":[]},\"}]\",-1.5e3,true,null]}\n{\"id\":-0,\"error\":{}}\n",
  "[{\"id\":1}]\n{{{[[[\n\"\\\n{\"id\":\n,:,:\n{\"id\":\"x\n",
  "causeway 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef x\nok\nno {}\ncauseway 2\n",
};

static uint32_t random_state;
static uint32_t pick(uint32_t below) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 17;
  random_state ^= random_state << 5;
  return random_state % below;
}

static size_t mutate(uint8_t *bytes, size_t size) {
  static const char marks[] = "{}[]:,\"\\\n\r 0-\x80\xff\0id";
  size_t length = 0;
  for (uint32_t parts = 1 + pick(4); parts > 0; parts--) {
    const char *example = examples[pick(sizeof examples / sizeof *examples)];
    size_t part = strlen(example);
    for (uint32_t times = pick(50) == 0 ? pick(2000) : 1; times > 0 && length + part < size; times--) {
      memcpy(bytes + length, example, part);
      length += part;
    }
    /* Once in a while a string that is longer than any buffer. */
    if (pick(40) == 0) {
      size_t long_part = pick(3 * whole_limit);
      if (length + long_part < size) memset(bytes + length, "x\\\" "[pick(4)], long_part), length += long_part;
    }
  }
  for (uint32_t changes = pick(12); changes > 0 && length > 0; changes--) {
    uint32_t at = pick((uint32_t)length), kind = pick(3);
    if (kind == 0) bytes[at] = (uint8_t)marks[pick(sizeof marks)];
    else if (kind == 1) bytes[at] = (uint8_t)pick(256);
    else length = at + 1;
  }
  return length;
}

int main(int argc, char **argv) {
  static uint8_t bytes[1024 * 1024];
  unsigned long runs = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
  random_state = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1;
  for (unsigned long run = 0; run < runs; run++) LLVMFuzzerTestOneInput(bytes, mutate(bytes, sizeof bytes));
  printf("%lu runs\n", runs);
  return 0;
}
#endif
