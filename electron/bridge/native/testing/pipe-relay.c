/*
 * What Windows has and a test on Linux has not, to be run by Wine:
 *   pipe-relay serve <pipe> <port>   carries every connection to a named pipe on to 127.0.0.1:<port>, and back
 *   pipe-relay tell <file> ...       writes down, one per line, its folder, its environment's names and its arguments
 */
#include <winsock2.h> /* before windows.h */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct carried {
  HANDLE pipe;
  SOCKET socket;
};

/* One overlapped operation, waited for: the two directions of a pipe must not wait for each other. */
static DWORD transfer(HANDLE pipe, char *bytes, DWORD length, BOOL is_write) {
  OVERLAPPED overlapped = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
  DWORD count = 0;
  BOOL is_done = is_write ? WriteFile(pipe, bytes, length, NULL, &overlapped) : ReadFile(pipe, bytes, length, NULL, &overlapped);
  if (is_done || GetLastError() == ERROR_IO_PENDING) is_done = GetOverlappedResult(pipe, &overlapped, &count, TRUE);
  CloseHandle(overlapped.hEvent);
  return is_done ? count : 0;
}

static DWORD WINAPI carry_up(void *given) {
  struct carried *carried = given;
  char bytes[16 * 1024];
  for (DWORD count; (count = transfer(carried->pipe, bytes, sizeof bytes, FALSE)) > 0;)
    for (DWORD sent = 0; sent < count;) {
      int more = send(carried->socket, bytes + sent, (int)(count - sent), 0);
      if (more <= 0) break;
      sent += (DWORD)more;
    }
  shutdown(carried->socket, SD_BOTH);
  return 0;
}

static DWORD WINAPI carry_down(void *given) {
  struct carried *carried = given;
  char bytes[16 * 1024];
  for (int count; (count = recv(carried->socket, bytes, sizeof bytes, 0)) > 0;)
    if (transfer(carried->pipe, bytes, (DWORD)count, TRUE) == 0) break;
  FlushFileBuffers(carried->pipe);
  DisconnectNamedPipe(carried->pipe);
  closesocket(carried->socket);
  return 0;
}

static int serve(const char *name, unsigned short port) {
  WSADATA data;
  if (WSAStartup(MAKEWORD(2, 2), &data) != 0) return 1;
  for (BOOL is_said = FALSE;; is_said = TRUE) {
    DWORD mode = PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED;
    struct carried *carried = malloc(sizeof *carried);
    carried->pipe = CreateNamedPipeA(name, mode, PIPE_TYPE_BYTE, PIPE_UNLIMITED_INSTANCES, 65536, 65536, 0, NULL);
    if (carried->pipe == INVALID_HANDLE_VALUE) return 1;
    if (!is_said) puts("READY");
    fflush(stdout);
    OVERLAPPED overlapped = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    DWORD none;
    if (!ConnectNamedPipe(carried->pipe, &overlapped) && GetLastError() == ERROR_IO_PENDING)
      GetOverlappedResult(carried->pipe, &overlapped, &none, TRUE);
    CloseHandle(overlapped.hEvent);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    carried->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(carried->socket, (struct sockaddr *)&to, sizeof to) != 0) {
      CloseHandle(carried->pipe);
      continue;
    }
    CreateThread(NULL, 0, carry_up, carried, 0, NULL);
    CreateThread(NULL, 0, carry_down, carried, 0, NULL);
  }
}

static int tell(int count, char **lines, const char *path) {
  extern char **environ;
  char folder[MAX_PATH], whole[MAX_PATH + 8];
  snprintf(whole, sizeof whole, "%s.part", path);
  FILE *file = fopen(whole, "wb");
  if (!file || GetCurrentDirectoryA(sizeof folder, folder) == 0) return 1;
  fprintf(file, "%s\n", folder);
  for (char **each = environ; *each; each++) fprintf(file, "%.*s ", (int)strcspn(*each, "="), *each);
  fputc('\n', file);
  for (int i = 0; i < count; i++) fprintf(file, "%s\n", lines[i]);
  fclose(file);
  return rename(whole, path);
}

int main(int argc, char **argv) {
  if (argc == 4 && strcmp(argv[1], "serve") == 0) return serve(argv[2], (unsigned short)atoi(argv[3]));
  if (argc >= 3 && strcmp(argv[1], "tell") == 0) return tell(argc - 3, argv + 3, argv[2]);
  return 2;
}
