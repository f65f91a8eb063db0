#define _GNU_SOURCE
#include "CTerminal.h"
#include <locale.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct termios original;
static bool is_entered = false;

bool terminal_enter(TerminalMode mode) {
  pthread_mutex_lock(&lock);
  bool succeeded = is_entered || tcgetattr(STDIN_FILENO, &original) == 0;
  if (succeeded) {
    is_entered = true;
    struct termios state = original;
    state.c_iflag &= ~(tcflag_t)(IXON | ICRNL | INLCR);
    state.c_lflag &= ~(tcflag_t)(ICANON | ECHO | IEXTEN | ISIG);
    state.c_cc[VMIN] = 1;
    state.c_cc[VTIME] = 0;
    if (mode == TERMINAL_INTERRUPTIBLE) {
      state.c_lflag |= ISIG;
      // A program that is suspended or killed here would leave the terminal without an echo.
      state.c_cc[VSUSP] = _POSIX_VDISABLE;
      state.c_cc[VQUIT] = _POSIX_VDISABLE;
    }
    succeeded = tcsetattr(STDIN_FILENO, TCSADRAIN, &state) == 0;
  }
  pthread_mutex_unlock(&lock);
  return succeeded;
}

void terminal_restore(void) {
  pthread_mutex_lock(&lock);
  if (is_entered) {
    tcsetattr(STDIN_FILENO, TCSADRAIN, &original);
    // Turns off the marks around pasted text, which the editor turns on.
    static const char not_marking_paste[] = "\033[?2004l";
    if (isatty(STDERR_FILENO) && write(STDERR_FILENO, not_marking_paste, sizeof not_marking_paste - 1) < 0) {
      // The terminal is gone.
    }
  }
  is_entered = false;
  pthread_mutex_unlock(&lock);
}

bool terminal_size(int descriptor, int *columns, int *rows) {
  struct winsize size;
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return false;
  *columns = size.ws_col;
  *rows = size.ws_row;
  return true;
}

static locale_t unicode;
static void make_locale(void) { unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0); }

int terminal_scalar_width(uint32_t scalar) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  if (scalar < 0x20 || (scalar >= 0x7F && scalar < 0xA0)) return -1;
  if (scalar < 0x7F) return 1;
  pthread_once(&once, make_locale);
  if (unicode == (locale_t)0) return 1;
  const locale_t before = uselocale(unicode);
  const int width = wcwidth((wchar_t)scalar);
  uselocale(before);
  // A scalar that this C library does not know yet.
  return width < 0 ? 1 : width;
}
