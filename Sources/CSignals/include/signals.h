#pragma once
#include <stdbool.h>

/// Whether the process ignores a signal, for example because it was started with nohup.
bool signal_is_ignored(int number);
