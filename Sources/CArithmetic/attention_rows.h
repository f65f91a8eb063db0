// The keys of a tile that a packed query row sees.
#pragma once

#include "attention.h"

/// The keys of a tile that a row sees: begin ..< end.
typedef struct Visible {
  ptrdiff_t begin;
  ptrdiff_t end;
} Visible;

static inline __attribute__((always_inline)) Visible visible_keys(PackedRows rows,
                                                                  ScoreTile tile,
                                                                  ptrdiff_t r) {
  const ptrdiff_t position = rows.first_position + (rows.first + r) / rows.group;
  ptrdiff_t begin = position + 1 - rows.window - tile.first_key;
  ptrdiff_t end = position + 1 - tile.first_key;
  end = end < 0 ? 0 : end > tile.keys ? tile.keys : end;
  begin = begin < 0 ? 0 : begin > end ? end : begin;
  return (Visible){begin, end};
}
