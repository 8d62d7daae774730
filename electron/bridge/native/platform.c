#include "platform.h"
#include <string.h>

_Noreturn void fail(const char *sentence) {
  write_complaint(sentence);
  write_complaint("\n");
  leave(1);
}

int time_left(int64_t until_ms) {
  if (until_ms < 0) return -1;
  int64_t left = until_ms - now_ms();
  if (left < 0) return 0;
  return left < 60000 ? (int)left : 60000;
}

static bool starts_with(const char *text, const char *prefix) {
  for (; *prefix; text++, prefix++) {
    char upper = *text >= 'a' && *text <= 'z' ? (char)(*text - 'a' + 'A') : *text;
    if (upper != *prefix) return false;
  }
  return true;
}

bool is_passed_on(const char *variable) {
  /* What AI clients that are built on Electron or Node leave in their environment, and what would turn the app into
     something else. */
  static const char *const kept_back[] = {"NODE_", "ELECTRON_",       "NPM_", "VSCODE_",
                                          "DYLD_", "LD_PRELOAD=", "LD_LIBRARY_PATH="};
  for (size_t i = 0; i < sizeof kept_back / sizeof *kept_back; i++)
    if (starts_with(variable, kept_back[i])) return false;
  return true;
}
