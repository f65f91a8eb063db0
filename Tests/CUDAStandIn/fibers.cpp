// fibers.cpp - see fibers.h.
#include "fibers.h"

#include <algorithm>
#include <csetjmp>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <sys/mman.h>
#include <ucontext.h>
#include <utility>
#include <vector>

namespace standin {
namespace {

// A switch saves the registers that a function must keep, and the stack pointer.
#if defined(__x86_64__)
struct Stack {
  void *pointer;
};
extern "C" void standin_switch(void **save, void *load);
asm(R"(
.text
.globl standin_switch
.hidden standin_switch
standin_switch:
  push %rbp; push %rbx; push %r12; push %r13; push %r14; push %r15
  mov %rsp, (%rdi)
  mov %rsi, %rsp
  pop %r15; pop %r14; pop %r13; pop %r12; pop %rbx; pop %rbp
  ret
)");
void switchStacks(Stack &from, Stack &to) { standin_switch(&from.pointer, to.pointer); }
void prepare(Stack &stack, char *memory, size_t size, void (*start)()) {
  void **top = (void **)(memory + size);
  *--top = nullptr;
  *--top = (void *)start;
  for (int i = 0; i < 6; i++) *--top = nullptr;
  stack.pointer = top;
}
#else
struct Stack {
  ucontext_t context;
};
void switchStacks(Stack &from, Stack &to) { swapcontext(&from.context, &to.context); }
void prepare(Stack &stack, char *memory, size_t size, void (*start)()) {
  getcontext(&stack.context);
  stack.context.uc_stack.ss_sp = memory;
  stack.context.uc_stack.ss_size = size;
  stack.context.uc_link = nullptr;
  makecontext(&stack.context, start, 0);
}
#endif

enum class State { runs, waitsForGroup, waitsForWarp, isDone };

struct Fiber {
  Stack stack;
  State state;
  Place place;
};

const size_t warpSize = 32;

struct Group {
  std::vector<Fiber> fibers;
  std::vector<int> order;
  std::vector<Exchange> exchanges;
  Stack home;
  int current;
  void (*kernel)(void **);
  void **arguments;
};

Group *running;

// Linear congruential generator (Knuth, MMIX).
struct Random {
  uint64_t state;
  uint64_t below(uint64_t count) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (state >> 33) % count;
  }
};

Random &random() {
  static Random generator = [] {
    const char *seed = getenv("PITH_STANDIN_SEED");
    return Random{seed ? strtoull(seed, nullptr, 10) : 1};
  }();
  return generator;
}

void handOn(State state) {
  Group *group = running;
  Fiber &fiber = group->fibers[group->current];
  fiber.state = state;
  switchStacks(fiber.stack, group->home);
}
void waitForGroup() { handOn(State::waitsForGroup); }
void waitForWarp() { handOn(State::waitsForWarp); }

void start() {
  Group *group = running;
  group->kernel(group->arguments);
  handOn(State::isDone);
  abort();  // a finished fiber is not resumed
}

const size_t stackSize = 256 << 10;

// Stacks of the largest work-group so far.
char *stacks(size_t count) {
  static char *memory = nullptr;
  static size_t held = 0;
  if (count > held) {
    if (memory) munmap(memory, held * stackSize);
    memory = (char *)mmap(nullptr, count * stackSize, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) abort();
    held = count;
  }
  return memory;
}

// Lets the fibers of a warp go on that all wait for it, and all fibers if all wait for the group.
// False if none can go on: some left the kernel, or wait for something else.
bool release(std::vector<Fiber> &fibers) {
  const size_t count = fibers.size();
  size_t runnable = 0, waiting = 0;
  for (size_t first = 0; first < count; first += warpSize) {
    const size_t end = std::min(count, first + warpSize);
    size_t ready = 0;
    for (size_t i = first; i < end; i++) {
      runnable += fibers[i].state == State::runs;
      ready += fibers[i].state == State::waitsForWarp;
      waiting += fibers[i].state == State::waitsForGroup;
    }
    if (ready != end - first) continue;
    for (size_t i = first; i < end; i++) fibers[i].state = State::runs;
    runnable += ready;
  }
  if (waiting == count)
    for (Fiber &fiber : fibers) fiber.state = State::runs;
  return runnable > 0 || waiting == count;
}

bool canRun(const std::vector<Fiber> &fibers, size_t warp) {
  const size_t end = std::min(fibers.size(), (warp + 1) * warpSize);
  for (size_t i = warp * warpSize; i < end; i++)
    if (fibers[i].state == State::runs) return true;
  return false;
}

// False if some work-items leave the kernel while others wait at a barrier.
bool runGroup(Group &group, Place **place, dim3 at, dim3 groups, dim3 items) {
  const size_t count = group.fibers.size();
  char *memory = stacks(count);
  group.exchanges.assign((count + warpSize - 1) / warpSize, Exchange{});
  for (size_t i = 0; i < count; i++) {
    Fiber &fiber = group.fibers[i];
    fiber.state = State::runs;
    const dim3 item = {(unsigned)(i % items.x), (unsigned)(i / items.x % items.y),
                       (unsigned)(i / items.x / items.y)};
    fiber.place = {item,         at,          groups, items,
                   waitForGroup, waitForWarp, &group.exchanges[i / warpSize], 0};
    prepare(fiber.stack, memory + i * stackSize, stackSize, start);
  }
  const size_t warps = group.exchanges.size();
  // A warp that runs alone up to the next barrier of the group, as warps may run ahead on a GPU; if
  // there is no such warp, all run in turns.
  size_t ahead = warps;
  for (size_t left = count; left > 0;) {
    if (ahead < warps && !canRun(group.fibers, ahead)) ahead = warps;
    if (ahead == warps && warps > 1 && random().below(2)) {
      ahead = random().below(warps);
      if (!canRun(group.fibers, ahead)) ahead = warps;
    }
    for (size_t i = count - 1; i > 0; i--)
      std::swap(group.order[i], group.order[random().below(i + 1)]);
    for (int index : group.order) {
      Fiber &fiber = group.fibers[index];
      if (fiber.state != State::runs) continue;
      if (ahead < warps && index / warpSize != ahead) continue;
      group.current = index;
      *place = &fiber.place;
      switchStacks(group.home, fiber.stack);
      left -= fiber.state == State::isDone;
    }
    if (left > 0 && !release(group.fibers)) return false;
  }
  return true;
}

sigjmp_buf fault;
thread_local bool isInKernel;
struct sigaction otherwise;

// Another thread's fault is left to the handler that was there: it happens again without this one.
void onFault(int) {
  if (isInKernel) siglongjmp(fault, 1);
  sigaction(SIGSEGV, &otherwise, nullptr);
}

}  // namespace

Outcome runGrid(Place **place, void (*kernel)(void **), void **arguments, dim3 groups,
                dim3 items) {
  const size_t count = (size_t)items.x * items.y * items.z;
  const uint64_t total = (uint64_t)groups.x * groups.y * groups.z;
  static Group group;
  group.fibers.resize(count);
  group.order.resize(count);
  std::iota(group.order.begin(), group.order.end(), 0);
  group.kernel = kernel;
  group.arguments = arguments;
  running = &group;

  // Buffers end at pages that may not be touched.
  struct sigaction handler = {};
  handler.sa_handler = onFault;
  handler.sa_flags = SA_NODEFER;
  sigaction(SIGSEGV, &handler, &otherwise);
  isInKernel = true;
  volatile Outcome outcome = Outcome::done;
  if (sigsetjmp(fault, 1) == 0) {
    // A permutation of the work-groups: multiples of a number without a common divisor.
    uint64_t step = random().below(total) | 1;
    while (std::gcd(step, total) != 1) step += 2;
    for (uint64_t i = 0, at = random().below(total); i < total; i++, at = (at + step) % total) {
      const dim3 place_ = {(unsigned)(at % groups.x), (unsigned)(at / groups.x % groups.y),
                           (unsigned)(at / groups.x / groups.y)};
      if (!runGroup(group, place, place_, groups, items)) {
        outcome = Outcome::divergentBarrier;
        break;
      }
    }
  } else {
    outcome = Outcome::illegalAddress;
  }
  isInKernel = false;
  sigaction(SIGSEGV, &otherwise, nullptr);
  running = nullptr;
  return outcome;
}

}  // namespace standin
