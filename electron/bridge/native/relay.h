#ifndef RELAY_H
#define RELAY_H
#include <stdbool.h>

/*
 * Carries lines between an AI client and the hub, and outlives the hub: it comes back by itself, says the client's own
 * opening again, and answers what the old hub took with it. Whatever happens, it stays until the client goes.
 */
_Noreturn void relay(const char *data_folder, const char *server, const char *client);

#endif
