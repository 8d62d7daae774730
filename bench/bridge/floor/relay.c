// The least a bridge can be: bytes from stdin to a socket and back, one thread each way. `relay <socket> <greeting>`.
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int hub = -1;

static int write_all(int to, const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t written = write(to, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return -1;
    bytes += written;
    count -= (size_t)written;
  }
  return 0;
}

static void carry(int from, int to) {
  char bytes[64 * 1024];
  for (;;) {
    ssize_t count = read(from, bytes, sizeof bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0 || write_all(to, bytes, (size_t)count) != 0) return;
  }
}

static void *from_client(void *unused) {
  carry(STDIN_FILENO, hub);
  shutdown(hub, SHUT_WR);
  return unused;
}

int main(int argc, char **argv) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  pthread_t thread;
  if (argc != 3 || strlen(argv[1]) >= sizeof address.sun_path) return 2;
  strcpy(address.sun_path, argv[1]);
  hub = socket(AF_UNIX, SOCK_STREAM, 0);
  if (hub < 0 || connect(hub, (struct sockaddr *)&address, sizeof address) != 0) return 1;
  if (write_all(hub, argv[2], strlen(argv[2])) != 0 || write_all(hub, "\n", 1) != 0) return 1;
  if (pthread_create(&thread, NULL, from_client, NULL) != 0) return 1;
  carry(hub, STDOUT_FILENO);
  return 0;
}
