#define _GNU_SOURCE /* POLLRDHUP, fgetpwent */
#define _DARWIN_C_SOURCE
#include "platform.h"
#include <errno.h>
#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef POLLRDHUP /* Linux: a socket whose other end has stopped writing */
#define POLLRDHUP 0
#endif

static int hub_file = -1;
static int output_flags = -1; /* of stdout before us */

_Noreturn void leave(int code) {
  if (output_flags >= 0) fcntl(STDOUT_FILENO, F_SETFL, output_flags);
  _exit(code);
}

static void write_all(int file, const char *text) {
  for (size_t length = strlen(text); length > 0;) {
    ssize_t written = write(file, text, length);
    if (written < 0 && errno != EINTR) return;
    if (written < 0) continue;
    text += written;
    length -= (size_t)written;
  }
}

void write_text(const char *text) {
  write_all(STDOUT_FILENO, text);
}

void write_complaint(const char *text) {
  write_all(STDERR_FILENO, text);
}

int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool fill_random(uint8_t *bytes, size_t length) {
  return getentropy(bytes, length) == 0;
}

unsigned long process_id(void) {
  return (unsigned long)getpid();
}

const char *find_variable(const char *name) {
  const char *value = getenv(name);
  return value && *value ? value : NULL;
}

bool find_home(char *path, size_t size) {
  struct passwd *person = NULL;
#ifdef __linux__
  /* Not getpwuid: it loads libraries, and the executable is static. */
  FILE *people = fopen("/etc/passwd", "re");
  if (!people) return false;
  while ((person = fgetpwent(people)) && person->pw_uid != getuid()) continue;
  fclose(people);
#else
  person = getpwuid(getuid());
#endif
  if (!person || !person->pw_dir || strlen(person->pw_dir) >= size) return false;
  memcpy(path, person->pw_dir, strlen(person->pw_dir) + 1);
  return true;
}

ptrdiff_t read_own(const char *path, uint8_t *bytes, size_t limit) {
  /* O_NONBLOCK: a planted FIFO must not hold us. */
  int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  struct stat found;
  if (file < 0) return -1;
  ptrdiff_t length = -1;
  if (fstat(file, &found) == 0 && S_ISREG(found.st_mode) && found.st_uid == getuid() && (found.st_mode & 077) == 0) {
    ssize_t more = 0;
    for (length = 0; (size_t)length < limit; length += more) {
      more = read(file, bytes + length, limit - (size_t)length);
      if (more <= 0) break;
    }
    if (more < 0) length = -1;
  }
  close(file);
  return length;
}

bool take_lock(const char *path, int64_t stale_ms) {
  struct stat found;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (stat(path, &found) == 0 && ((int64_t)now.tv_sec - (int64_t)found.st_mtime) * 1000 > stale_ms) unlink(path);
  int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file >= 0) close(file);
  return file >= 0;
}

static _Noreturn void become(char **argv, const char *folder) {
  extern char **environ;
  char **kept = environ;
  for (char **each = environ; *each; each++)
    if (is_passed_on(*each)) *kept++ = *each;
  *kept = NULL;
  signal(SIGPIPE, SIG_DFL);
  int nothing = open("/dev/null", O_RDWR);
  for (int file = 0; file < 3; file++) dup2(nothing, file);
  /* What a client left open must not stay open for as long as the app runs. */
  for (int file = 3; file < 256; file++) close(file);
  if (chdir(folder) == 0) execv(argv[0], argv);
  _exit(127); /* the request that waits is told that the app is not running */
}

void start_detached(char **argv, const char *folder) {
  pid_t child = fork();
  if (child == 0) {
    setsid();
    if (fork() == 0) become(argv, folder);
    _exit(0);
  }
  while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR) continue;
}

static void on_signal(int number) {
  (void)number;
  leave(0);
}

void open_client(void) {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 64 * 1024); /* what is large goes back to the system as soon as it is free */
#endif
  static const int ends[] = {SIGTERM, SIGINT, SIGHUP};
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) signal(ends[i], on_signal);
  signal(SIGPIPE, SIG_IGN);
  /* A client that writes before it reads must not block us. Files and terminals are shared with others: left alone. */
  struct stat found;
  if (fstat(STDOUT_FILENO, &found) == 0 && (S_ISFIFO(found.st_mode) || S_ISSOCK(found.st_mode))) {
    output_flags = fcntl(STDOUT_FILENO, F_GETFL);
    fcntl(STDOUT_FILENO, F_SETFL, output_flags | O_NONBLOCK);
  }
}

bool connect_hub(const char *address) {
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  if (strlen(address) >= sizeof to.sun_path) return false;
  memcpy(to.sun_path, address, strlen(address) + 1);
  hub_file = socket(AF_UNIX, SOCK_STREAM, 0);
  if (hub_file < 0) return false;
  fcntl(hub_file, F_SETFD, FD_CLOEXEC);
  fcntl(hub_file, F_SETFL, O_NONBLOCK);
  return connect(hub_file, (const struct sockaddr *)&to, sizeof to) == 0;
}

void disconnect_hub(void) {
  if (hub_file >= 0) close(hub_file);
  hub_file = -1;
}

static ptrdiff_t outcome(ssize_t count) {
  if (count > 0) return count;
  bool is_blocked = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  return is_blocked ? stream_blocked : stream_ended;
}

ptrdiff_t read_stream(enum stream stream, uint8_t *bytes, size_t size) {
  return outcome(read(stream == hub_in ? hub_file : STDIN_FILENO, bytes, size));
}

ptrdiff_t write_stream(enum stream stream, const uint8_t *bytes, size_t length) {
  return outcome(write(stream == hub_out ? hub_file : STDOUT_FILENO, bytes, length));
}

bool is_writing(enum stream stream) {
  (void)stream;
  return false;
}

void let_client_read(void) {
#ifdef __linux__
  /* A client that once took none of it in all that time is not waited for again, until it has. */
  static bool is_asleep;
  struct stat found;
  bool is_socket = fstat(STDOUT_FILENO, &found) == 0 && S_ISSOCK(found.st_mode);
  int unread = 0;
  for (int64_t until_ms = now_ms() + 250; now_ms() < until_ms;) {
    bool is_told = ioctl(STDOUT_FILENO, is_socket ? TIOCOUTQ : FIONREAD, &unread) == 0;
    if (!is_told || unread == 0) is_asleep = false;
    if (!is_told || unread == 0 || is_asleep) return;
    nanosleep(&(struct timespec){.tv_nsec = 50 * 1000}, NULL);
  }
  is_asleep = true;
#else
  nanosleep(&(struct timespec){.tv_nsec = 1000 * 1000}, NULL); /* no system call tells */
#endif
}

unsigned wait_streams(unsigned wanted, int64_t until_ms) {
  static bool leaving;
  short hub_events = (short)((wanted & hub_in ? POLLIN : 0) | (wanted & hub_out ? POLLOUT : 0));
  struct pollfd files[] = {
    {.fd = wanted & client_in || !leaving ? STDIN_FILENO : -1, .events = wanted & client_in ? POLLIN : POLLRDHUP},
    {.fd = STDOUT_FILENO, .events = wanted & client_out ? POLLOUT : 0},
    {.fd = hub_events ? hub_file : -1, .events = hub_events},
  };
  unsigned ready = leaving ? client_leaving : 0;
  if (poll(files, 3, time_left(until_ms)) <= 0) return ready;
  if (files[0].revents && wanted & client_in) ready |= client_in;
  else if (files[0].revents) leaving = true;
  if (files[1].revents & (POLLERR | POLLHUP | POLLNVAL)) ready |= client_gone;
  if (files[1].revents & POLLOUT) ready |= client_out;
  if (files[2].revents & ~POLLOUT) ready |= wanted & hub_in;
  if (files[2].revents & ~POLLIN) ready |= wanted & hub_out;
  return leaving ? ready | client_leaving : ready;
}
