#include "platform.h"
#include <windows.h> /* before the others, which need its types */
#include <bcrypt.h>
#include <stdlib.h>
#include <string.h>

/*
 * Streams. Windows tells no readiness, so each direction has one read or write of its own under way: on the hub's pipe
 * an overlapped one, on stdin and stdout, which were opened without that, by a thread.
 */
struct pump {
  HANDLE file, done, start; /* `start` only where a thread does it */
  OVERLAPPED overlapped;
  bool is_write, busy, over;
  DWORD from, to;
  uint8_t bytes[32 * 1024];
};
static struct pump pumps[4];

static struct pump *pump_of(enum stream stream) {
  return &pumps[stream == client_in ? 0 : stream == client_out ? 1 : stream == hub_in ? 2 : 3];
}

_Noreturn void leave(int code) {
  /* Not ExitProcess: it waits for a thread that reads from a client that says nothing. */
  TerminateProcess(GetCurrentProcess(), (UINT)code);
  abort();
}

static void write_all(DWORD name, const char *text) {
  DWORD written;
  WriteFile(GetStdHandle(name), text, (DWORD)strlen(text), &written, NULL);
}

void write_text(const char *text) {
  write_all(STD_OUTPUT_HANDLE, text);
}

void write_complaint(const char *text) {
  write_all(STD_ERROR_HANDLE, text);
}

int64_t now_ms(void) {
  return (int64_t)GetTickCount64();
}

bool fill_random(uint8_t *bytes, size_t length) {
  return BCryptGenRandom(NULL, bytes, (ULONG)length, BCRYPT_USE_SYSTEM_PREFERRED_RNG) == 0;
}

unsigned long process_id(void) {
  return GetCurrentProcessId();
}

/* UTF-16 from UTF-8; NULL where it does not fit or is none. Each call site has its own place. */
static const WCHAR *widen(const char *text, WCHAR *wide, size_t size) {
  return MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, (int)size) > 0 ? wide : NULL;
}

const char *find_variable(const char *name) {
  static char value[longest_path];
  WCHAR wide_name[64], wide[longest_path];
  if (!widen(name, wide_name, 64)) return NULL;
  DWORD length = GetEnvironmentVariableW(wide_name, wide, longest_path);
  if (length == 0 || length >= longest_path) return NULL;
  return WideCharToMultiByte(CP_UTF8, 0, wide, -1, value, sizeof value, NULL, NULL) > 0 ? value : NULL;
}

bool find_home(char *path, size_t size) {
  /* Where neither LOCALAPPDATA nor USERPROFILE is set there is no person. */
  (void)path, (void)size;
  return false;
}

ptrdiff_t read_own(const char *path, uint8_t *bytes, size_t limit) {
  WCHAR wide[longest_path];
  if (!widen(path, wide, longest_path)) return -1;
  DWORD sharing = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
  HANDLE file = CreateFileW(wide, GENERIC_READ, sharing, NULL, OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT, NULL);
  if (file == INVALID_HANDLE_VALUE) return -1;
  /* It lies in the person's profile, which is closed to others by the permissions it inherits. */
  BY_HANDLE_FILE_INFORMATION found;
  DWORD not_plain = FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT, length = 0;
  bool is_plain = GetFileType(file) == FILE_TYPE_DISK && GetFileInformationByHandle(file, &found) &&
                  (found.dwFileAttributes & not_plain) == 0;
  bool is_read = is_plain && ReadFile(file, bytes, (DWORD)limit, &length, NULL);
  CloseHandle(file);
  return is_read ? (ptrdiff_t)length : -1;
}

static int64_t file_time_ms(FILETIME time) {
  return (int64_t)(((uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime) / 10000);
}

bool take_lock(const char *path, int64_t stale_ms) {
  WCHAR wide[longest_path];
  WIN32_FILE_ATTRIBUTE_DATA found;
  FILETIME now;
  if (!widen(path, wide, longest_path)) return false;
  GetSystemTimeAsFileTime(&now);
  bool is_there = GetFileAttributesExW(wide, GetFileExInfoStandard, &found);
  if (is_there && file_time_ms(now) - file_time_ms(found.ftLastWriteTime) > stale_ms) DeleteFileW(wide);
  HANDLE file = CreateFileW(wide, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
  if (file != INVALID_HANDLE_VALUE) CloseHandle(file);
  return file != INVALID_HANDLE_VALUE;
}

/* One argument as CommandLineToArgvW and the C runtime take it apart again: backslashes count only before a quote. */
static size_t quote(char *to, const char *argument) {
  size_t length = 0, backslashes = 0;
  to[length++] = '"';
  for (; *argument; argument++) {
    size_t more = *argument == '"' ? backslashes + 1 : 0;
    while (more-- > 0) to[length++] = '\\';
    backslashes = *argument == '\\' ? backslashes + 1 : 0;
    to[length++] = *argument;
  }
  while (backslashes-- > 0) to[length++] = '\\';
  to[length++] = '"';
  return length;
}

/* The environment without what is not passed on, as CreateProcess wants it: texts behind each other, then an empty one. */
static WCHAR *clean_environment(void) {
  WCHAR *all = GetEnvironmentStringsW(), *kept = all;
  for (WCHAR *each = all; *each;) {
    size_t length = wcslen(each) + 1;
    char name[32] = {0};
    for (size_t i = 0; i < sizeof name - 1 && each[i]; i++) name[i] = each[i] < 128 ? (char)each[i] : '?';
    if (is_passed_on(name)) {
      memmove(kept, each, length * sizeof *each);
      kept += length;
    }
    each += length;
  }
  *kept = 0;
  return all;
}

void start_detached(char **argv, const char *folder) {
  enum { longest_command = 32 * 1024 };
  static char command[2 * longest_command + 8];
  static WCHAR wide_command[longest_command];
  WCHAR program[longest_path], wide_folder[longest_path];
  size_t length = 0;
  for (char **each = argv; *each; each++) {
    if (length + 2 * strlen(*each) + 4 > sizeof command) return;
    length += quote(command + length, *each);
    command[length++] = ' ';
  }
  command[length - 1] = '\0';
  if (!widen(argv[0], program, longest_path) || !widen(folder, wide_folder, longest_path)) return;
  if (!widen(command, wide_command, longest_command)) return;
  STARTUPINFOW start = {.cb = sizeof start, .dwFlags = STARTF_USESHOWWINDOW, .wShowWindow = SW_HIDE};
  PROCESS_INFORMATION started;
  DWORD flags = DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP | CREATE_UNICODE_ENVIRONMENT;
  WCHAR *environment = clean_environment();
  /* A client may run us in a job that ends with it; the app must not end with it, where the job allows that. */
  bool is_started = CreateProcessW(program, wide_command, NULL, NULL, FALSE, flags | CREATE_BREAKAWAY_FROM_JOB, environment,
                                   wide_folder, &start, &started) ||
                    CreateProcessW(program, wide_command, NULL, NULL, FALSE, flags, environment, wide_folder, &start, &started);
  if (!is_started) return;
  CloseHandle(started.hThread);
  CloseHandle(started.hProcess);
}

static bool transfer(struct pump *pump, OVERLAPPED *overlapped) {
  DWORD count = 0;
  BOOL is_done;
  do {
    is_done = pump->is_write ? WriteFile(pump->file, pump->bytes + pump->from, pump->to - pump->from, &count, overlapped)
                             : ReadFile(pump->file, pump->bytes, sizeof pump->bytes, &count, overlapped);
    if (overlapped) return is_done || GetLastError() == ERROR_IO_PENDING;
    /* Nothing from a pipe that is still open was a write of nothing; else it is the end. */
  } while (is_done && count == 0 && PeekNamedPipe(pump->file, NULL, 0, NULL, NULL, NULL));
  if (pump->is_write) pump->from += count;
  else pump->to = count;
  return is_done && count > 0;
}

static DWORD WINAPI run_pump(void *given) {
  struct pump *pump = given;
  while (WaitForSingleObject(pump->start, INFINITE) == WAIT_OBJECT_0) {
    pump->over = !transfer(pump, NULL);
    SetEvent(pump->done);
  }
  return 0;
}

static void start_pump(struct pump *pump) {
  pump->busy = true;
  ResetEvent(pump->done);
  if (pump->start) {
    SetEvent(pump->start);
    return;
  }
  pump->overlapped = (OVERLAPPED){.hEvent = pump->done};
  if (transfer(pump, &pump->overlapped)) return;
  pump->busy = false;
  pump->over = true;
}

/* Takes the outcome of what was under way, if it is done. */
static void settle(struct pump *pump) {
  if (!pump->busy || WaitForSingleObject(pump->done, 0) != WAIT_OBJECT_0) return;
  pump->busy = false;
  if (!pump->start) {
    DWORD count = 0;
    pump->over = !GetOverlappedResult(pump->file, &pump->overlapped, &count, FALSE);
    if (pump->is_write) pump->from += count;
    else pump->to = count;
  }
  /* A write that took a part goes on with the rest. */
  if (pump->is_write && !pump->over && pump->from < pump->to) start_pump(pump);
}

static void open_pump(struct pump *pump, HANDLE file, bool is_write, bool has_thread) {
  pump->file = file;
  pump->is_write = is_write;
  pump->busy = pump->over = false;
  pump->from = pump->to = 0;
  if (pump->done) return;
  pump->done = CreateEventW(NULL, TRUE, FALSE, NULL);
  if (!has_thread) return;
  pump->start = CreateEventW(NULL, FALSE, FALSE, NULL);
  HANDLE thread = CreateThread(NULL, 64 * 1024, run_pump, pump, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
  if (!pump->done || !pump->start || !thread) fail("the system gives no thread");
  CloseHandle(thread);
}

static BOOL WINAPI on_console_end(DWORD kind) {
  (void)kind;
  leave(0);
}

void open_client(void) {
  SetConsoleCtrlHandler(on_console_end, TRUE);
  open_pump(pump_of(client_in), GetStdHandle(STD_INPUT_HANDLE), false, true);
  open_pump(pump_of(client_out), GetStdHandle(STD_OUTPUT_HANDLE), true, true);
}

bool connect_hub(const char *address) {
  WCHAR wide[longest_path];
  if (strncmp(address, "\\\\.\\pipe\\", 9) != 0 || !widen(address, wide, longest_path)) return false;
  /* Whoever took the pipe's name may know who we are, and never act as us. */
  DWORD flags = FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION;
  HANDLE file = CreateFileW(wide, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, flags, NULL);
  if (file == INVALID_HANDLE_VALUE) return false;
  open_pump(pump_of(hub_in), file, false, false);
  open_pump(pump_of(hub_out), file, true, false);
  return true;
}

void disconnect_hub(void) {
  HANDLE file = pump_of(hub_in)->file;
  if (!file) return;
  CancelIoEx(file, NULL);
  for (int i = 2; i < 4; i++) {
    DWORD count;
    if (pumps[i].busy) GetOverlappedResult(file, &pumps[i].overlapped, &count, TRUE);
    pumps[i].busy = false;
    pumps[i].file = NULL;
  }
  CloseHandle(file);
}

ptrdiff_t read_stream(enum stream stream, uint8_t *bytes, size_t size) {
  struct pump *pump = pump_of(stream);
  settle(pump);
  if (pump->busy) return stream_blocked;
  size_t length = pump->to - pump->from;
  if (length == 0) return pump->over ? stream_ended : stream_blocked;
  if (length > size) length = size;
  memcpy(bytes, pump->bytes + pump->from, length);
  pump->from += (DWORD)length;
  return (ptrdiff_t)length;
}

ptrdiff_t write_stream(enum stream stream, const uint8_t *bytes, size_t length) {
  struct pump *pump = pump_of(stream);
  settle(pump);
  if (pump->over) return stream_ended;
  if (pump->busy) return stream_blocked;
  if (length > sizeof pump->bytes) length = sizeof pump->bytes;
  memcpy(pump->bytes, bytes, length);
  pump->from = 0;
  pump->to = (DWORD)length;
  start_pump(pump);
  return (ptrdiff_t)length;
}

bool is_writing(enum stream stream) {
  settle(pump_of(stream));
  return pump_of(stream)->busy;
}

void let_client_read(void) {
  WaitForSingleObject(pump_of(client_out)->done, 20);
  Sleep(1); /* nothing tells */
}

/* Whether the stream can go on now; a read is begun where none is under way. */
static bool is_ready(struct pump *pump) {
  settle(pump);
  if (!pump->is_write && !pump->busy && !pump->over && pump->from == pump->to) {
    pump->from = pump->to = 0;
    start_pump(pump);
  }
  return !pump->busy;
}

unsigned wait_streams(unsigned wanted, int64_t until_ms) {
  for (int turn = 0;; turn++) {
    HANDLE events[4];
    DWORD count = 0;
    unsigned ready = 0;
    for (unsigned i = 0; i < 4; i++) {
      if (!(wanted & 1u << i)) continue;
      if (is_ready(&pumps[i])) ready |= 1u << i;
      else events[count++] = pumps[i].done;
    }
    if (pumps[1].over) ready |= client_gone;
    if (ready || turn == 1) return ready;
    DWORD left = (DWORD)time_left(until_ms); /* -1 is INFINITE */
    if (count > 0) WaitForMultipleObjects(count, events, FALSE, left);
    else Sleep(left);
  }
}
