#pragma once
#include <stdbool.h>
#include <stdint.h>

// The terminal that standard input is: how it passes keys on, and how many columns text takes on it.

/// How the terminal passes keys on. It shows none of them itself.
typedef enum TerminalMode {
  /// Every key is a byte of standard input, Ctrl-C too.
  TERMINAL_KEYS,
  /// As that, but Ctrl-C sends SIGINT. Other keys wait to be read.
  TERMINAL_INTERRUPTIBLE,
} TerminalMode;

/// Sets the mode of the terminal; the first call keeps the state that `terminal_restore` brings back. False where
/// standard input is no terminal.
bool terminal_enter(TerminalMode mode);

/// Brings the terminal back to its state before the first `terminal_enter`; does nothing without one. Any thread may
/// call it.
void terminal_restore(void);

/// Columns and rows of the terminal at a descriptor; false where it says none.
bool terminal_size(int descriptor, int *_Nonnull columns, int *_Nonnull rows);

/// Columns of a Unicode scalar: 0 for a combining mark, 2 for a wide one; -1 for a control character.
int terminal_scalar_width(uint32_t scalar);
