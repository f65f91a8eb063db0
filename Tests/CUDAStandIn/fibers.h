// fibers.h - work-groups of a kernel on one thread: each work-item is a fiber with its own stack,
// which runs to the next barrier, of its work-group or of its warp, and hands on. The order of
// work-items and of work-groups changes from barrier to barrier, so that a result that depends on
// it is seen.
#pragma once
#include <cstddef>

namespace standin {

struct dim3 {
  unsigned x, y, z;
};

// As in prelude.h.
struct Exchange {
  struct Slot {
    unsigned registers[32][6];
    float sums[32][4];
    const void *addresses[32];
    unsigned multiplied;
  } slots[2];
};
struct Place {
  dim3 item, group, groups, items;
  void (*barrier)(void);
  void (*warpBarrier)(void);
  Exchange *exchange;
  unsigned step, copies;
};

enum class Outcome {
  done,
  divergentBarrier,
  illegalAddress,
  misalignedAddress,
  illegalInstruction
};

// Runs all work-groups of a launch. `place` is the module's pointer to the place of the work-item
// that runs.
Outcome runGrid(Place **place, void (*kernel)(void **), void **arguments, dim3 groups, dim3 items);

}  // namespace standin
