#ifndef PLATFORM_H
#define PLATFORM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What differs between systems: posix.c and windows.c. All texts are UTF-8. */

enum { longest_path = 4096 };

_Noreturn void leave(int code);
/* Says a sentence on stderr and leaves with 1: only where nothing can go on. */
_Noreturn void fail(const char *sentence);
void write_text(const char *text);
void write_complaint(const char *text);

int64_t now_ms(void);
/* The milliseconds until then, a minute at most; -1 for -1, which is for ever. */
int time_left(int64_t until_ms);
bool fill_random(uint8_t *bytes, size_t length);
unsigned long process_id(void);
/* The value of a variable of the environment; NULL where it is not set or empty. Good until the next call. */
const char *find_variable(const char *name);
/* The person's home folder as the system has it, where no variable says it. */
bool find_home(char *path, size_t size);

/* The bytes of a file that is ours alone: a regular file, owned by us, closed to others. -1 for any other. */
ptrdiff_t read_own(const char *path, uint8_t *bytes, size_t limit);
/* True for the one who creates it; one that is older than `stale_ms` is removed first. */
bool take_lock(const char *path, int64_t stale_ms);
/* Starts a program that outlives us: without a terminal or streams, in `folder`, with a clean environment. */
void start_detached(char **argv, const char *folder);
/* Whether a variable of the environment, `name=value`, is for programs that we start. */
bool is_passed_on(const char *variable);

/* The four directions. A read or write never waits: it takes what can be had now. */
enum stream { client_in = 1, client_out = 2, hub_in = 4, hub_out = 8 };
enum { stream_blocked = -1, stream_ended = -2 };
void open_client(void);
bool connect_hub(const char *address);
void disconnect_hub(void);
ptrdiff_t read_stream(enum stream stream, uint8_t *bytes, size_t size);
ptrdiff_t write_stream(enum stream stream, const uint8_t *bytes, size_t length);
/* True while bytes that were taken are not yet with the system. */
bool is_writing(enum stream stream);

/* Waits a moment, until the client has taken what was written. */
void let_client_read(void);

/* Beside the wanted streams that can go on: the client closed its end of stdout, or of an stdin that is not wanted. */
enum { client_gone = 16, client_leaving = 32 };
/* Waits for one of the wanted streams, at most until a time of `now_ms`; -1 is for ever. */
unsigned wait_streams(unsigned wanted, int64_t until_ms);

#endif
