/* For tests under Windows. What a command line is made of, and what becomes of it.
 *   command-line start <file>   starts the command line in the file (UTF-8) as it is, with this input and output
 *   command-line tell ...       writes its arguments as the C runtime reads them, each behind its length in characters */
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <windows.h>

enum { most = 32768 };

static int run(const wchar_t *path) {
  static char text[most];
  static wchar_t line[most];
  FILE *file = _wfopen(path, L"rb");
  if (!file) return 90;
  const int length = (int)fread(text, 1, sizeof text - 1, file);
  fclose(file);
  line[MultiByteToWideChar(CP_UTF8, 0, text, length, line, most - 1)] = 0;
  STARTUPINFOW how = {.cb = sizeof how};
  PROCESS_INFORMATION made;
  if (!CreateProcessW(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &how, &made)) return 91;
  WaitForSingleObject(made.hProcess, INFINITE);
  DWORD code = 92;
  GetExitCodeProcess(made.hProcess, &code);
  return (int)code;
}

static int say(int count, wchar_t **arguments) {
  static char text[most];
  _setmode(_fileno(stdout), _O_BINARY);
  for (int at = 0; at < count; at += 1) {
    WideCharToMultiByte(CP_UTF8, 0, arguments[at], -1, text, sizeof text, NULL, NULL);
    printf("%u:%s\n", (unsigned)wcslen(arguments[at]), text);
  }
  return 7;
}

int wmain(int count, wchar_t **arguments) {
  if (count == 3 && wcscmp(arguments[1], L"start") == 0) return run(arguments[2]);
  if (count >= 2 && wcscmp(arguments[1], L"tell") == 0) return say(count - 2, arguments + 2);
  return 2;
}
