#include "launch.h"
#include "paths.h"
#include <string.h>

/* So long a start is believed to be under way; twenty bridges at log-in start one app. */
enum { lock_ms = 20 * 1000, longest_file = 16 * 1024, most_arguments = 256 };

static bool is_letter(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_full_path(const char *path) {
  return path[0] == '/' || (is_letter(path[0]) && path[1] == ':' && (path[2] == '\\' || path[2] == '/'));
}

/* The launch file's lines: a program with its full path, then one argument each. */
static bool read_launch(const char *data_folder, char text[longest_file + 1], char *argv[most_arguments + 1]) {
  char path[longest_path];
  if (!join_path(path, data_folder, "launch")) return false;
  ptrdiff_t length = read_own(path, (uint8_t *)text, longest_file);
  if (length <= 0 || text[length - 1] != '\n') return false;
  text[length] = '\0';
  size_t count = 0;
  for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
    if (count == most_arguments) return false;
    *end = '\0';
    argv[count++] = line;
  }
  argv[count] = NULL;
  return count > 0 && is_full_path(argv[0]);
}

bool launch_app(const char *data_folder) {
  static char text[longest_file + 1];
  static char *argv[most_arguments + 1];
  char lock[longest_path];
  if (!read_launch(data_folder, text, argv) || !join_path(lock, data_folder, "launch.lock")) return false;
  if (take_lock(lock, lock_ms)) start_detached(argv, data_folder);
  return true;
}
