#include "paths.h"
#include "brand.h"
#include <stdio.h>
#include <string.h>

#ifdef _WIN32
#define SEPARATOR "\\"
#else
#define SEPARATOR "/"
#endif

bool join_path(char path[longest_path], const char *folder, const char *name) {
  int length = snprintf(path, longest_path, "%s" SEPARATOR "%s", folder, name);
  return length > 0 && length < longest_path;
}

static bool copy_variable(const char *name, char path[longest_path]) {
  const char *value = find_variable(name);
  if (!value || strlen(value) >= longest_path) return false;
  memcpy(path, value, strlen(value) + 1);
  return true;
}

static bool in_home(char path[longest_path], const char *variable, const char *folder) {
  char home[longest_path];
  return (copy_variable(variable, home) || find_home(home, sizeof home)) && join_path(path, home, folder);
}

bool find_data_folder(char path[longest_path]) {
  if (copy_variable("CAUSEWAY_HOME", path)) return true;
  char base[longest_path];
#if defined _WIN32
  bool found = copy_variable("LOCALAPPDATA", base) || in_home(base, "USERPROFILE", "AppData\\Local");
  return found && join_path(path, base, PRODUCT);
#elif defined __APPLE__
  return in_home(base, "HOME", "Library/Application Support") && join_path(path, base, PRODUCT);
#else
  bool found = copy_variable("XDG_DATA_HOME", base) || in_home(base, "HOME", ".local/share");
  return found && join_path(path, base, SLUG);
#endif
}
