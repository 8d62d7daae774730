#ifndef LAUNCH_H
#define LAUNCH_H
#include <stdbool.h>

/* Starts the app in the background as the launch file says (README, "Launch file"). False where there is none. */
bool launch_app(const char *data_folder);

#endif
