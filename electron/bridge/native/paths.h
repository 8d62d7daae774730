#ifndef PATHS_H
#define PATHS_H
#include "platform.h"

/* Where the app keeps its state; the rules are those of lib/paths.ts. False where no folder can be told. */
bool find_data_folder(char path[longest_path]);
/* `folder` with a name behind it; false where that is too long. */
bool join_path(char path[longest_path], const char *folder, const char *name);

#endif
