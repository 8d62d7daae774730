// Keeps one core from going to sleep, and gives it away to whoever wants it (SCHED_IDLE). `awake <core>`.
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv) {
  struct sched_param none = {0};
  cpu_set_t cores;
  pid_t parent = getppid();
  if (argc != 2) return 2;
  CPU_ZERO(&cores);
  CPU_SET(atoi(argv[1]), &cores);
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) return 1;
  if (sched_setaffinity(0, sizeof cores, &cores) != 0 || sched_setscheduler(0, SCHED_IDLE, &none) != 0) return 1;
  if (write(STDOUT_FILENO, "awake\n", 6) != 6) return 1;
  for (;;) {
#if defined __x86_64__ || defined __i386__
    __builtin_ia32_pause();
#else
    __asm__ volatile("" ::: "memory");
#endif
  }
}
