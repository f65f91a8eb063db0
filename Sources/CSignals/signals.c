#define _POSIX_C_SOURCE 200809L
#include "signals.h"
#include <signal.h>
#include <stddef.h>

bool signal_is_ignored(int number) {
  struct sigaction action;
  return sigaction(number, NULL, &action) == 0 && !(action.sa_flags & SA_SIGINFO) && action.sa_handler == SIG_IGN;
}
