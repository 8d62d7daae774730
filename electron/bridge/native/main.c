#include "brand.h"
#include "paths.h"
#include "relay.h"
#include <string.h>

static const char help[] = "Usage: " BRIDGE_COMMAND " <server> [--client <id>]\n"
                           "\n"
                           "Carries MCP messages between the AI client that starts it (stdin, stdout) and the\n"
                           PRODUCT " app, which reaches the server and signs in to it. The app is started\n"
                           "when it does not run.\n"
                           "\n"
                           "  <server>        name of the server, as in the app\n"
                           "  --client <id>   name of the AI client, for the activity log\n"
                           "  --version       print the version\n"
                           "  --help          print this text\n"
                           "\n"
                           "Environment: CAUSEWAY_HOME  the app's data folder, where it is not the usual one\n";

static bool is_one_of(const char *argument, const char *name, const char *short_name) {
  return strcmp(argument, name) == 0 || strcmp(argument, short_name) == 0;
}

static bool is_name(const char *text) {
  size_t length = strlen(text);
  return length > 0 && length <= 63 && text[0] != '-' &&
         strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

/* Nothing is guessed: an argument this version does not know is refused. */
static _Noreturn void refuse(const char *const sentence[5]) {
  write_complaint(BRIDGE_COMMAND ": ");
  for (size_t i = 0; i < 5 && sentence[i]; i++) write_complaint(sentence[i]);
  write_complaint(" (see --help)\n");
  leave(2);
}
#define REFUSE(...) refuse((const char *const[5]){__VA_ARGS__})

static _Noreturn void say(const char *text) {
  write_text(text);
  leave(0);
}

int main(int argc, char **argv) {
  static char folder[longest_path];
  static const char client_is[] = "--client=";
  const char *server = NULL, *client = NULL;
  for (int at = 1; at < argc; at++) {
    const char *argument = argv[at];
    if (is_one_of(argument, "--help", "-h")) say(help);
    if (is_one_of(argument, "--version", "-v")) say(VERSION "\n");
    bool has_value = strncmp(argument, client_is, strlen(client_is)) == 0;
    if (has_value || strcmp(argument, "--client") == 0) {
      if (has_value) client = argument + strlen(client_is);
      else client = ++at < argc ? argv[at] : "";
      if (!is_name(client)) REFUSE("“", client, "” is not the name of a client");
    } else if (argument[0] == '-') {
      REFUSE("it does not know the option ", argument);
    } else if (server) {
      REFUSE("it takes one server, not “", server, "” and “", argument, "”");
    } else if (!is_name(argument)) {
      REFUSE("“", argument, "” is not the name of a server: lower-case letters, digits and -");
    } else {
      server = argument;
    }
  }
  if (!server) REFUSE("it needs the name of a server");
  if (!find_data_folder(folder)) fail("it finds no home folder; set CAUSEWAY_HOME");
  relay(folder, server, client);
}
