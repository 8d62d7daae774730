#include "platform.h"
#include <string.h>

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
