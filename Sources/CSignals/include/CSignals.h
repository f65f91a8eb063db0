#pragma once
#include "mapped_files.h"
#include "signals.h"
