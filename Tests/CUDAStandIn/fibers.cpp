// fibers.cpp - see fibers.h.
#include "fibers.h"

#include <algorithm>
#include <csetjmp>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <numeric>
#include <sys/mman.h>
#include <ucontext.h>
#include <utility>
#include <vector>

namespace standin {
namespace {

// A switch saves the registers that a function must keep, and the stack pointer. It ends with a
// jump: the processor would predict a return from the calls of the stack that is left.
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
  pop %rcx; jmp *%rcx
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

struct Warp {
  Exchange exchange;
  size_t first, end;
  // Fibers that can run, and that wait for the warp; others wait for the group or are done.
  size_t runnable, waiting;
};

struct Group {
  std::vector<Fiber> fibers;
  std::vector<int> order;
  std::vector<Warp> warps;
  size_t waiting;  // fibers that wait for the group
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
    // The upper half of the product: a remainder takes longer than a switch of stacks.
    return (unsigned __int128)state * count >> 64;
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
  Warp &warp = group->warps[group->current / warpSize];
  fiber.state = state;
  warp.runnable--;
  warp.waiting += state == State::waitsForWarp;
  group->waiting += state == State::waitsForGroup;
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

// Not a power of two: the same place of all stacks would be in the same few lines of the caches.
const size_t stackSize = (256 << 10) + 5 * 64;

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

void resume(Group &group, Warp &warp) {
  for (size_t i = warp.first; i < warp.end; i++) group.fibers[i].state = State::runs;
  warp.runnable = warp.end - warp.first;
  warp.waiting = 0;
}

// Lets the fibers of a warp go on that all wait for it, and all fibers if all wait for the group.
// False if none can go on: some left the kernel, or wait for something else.
bool release(Group &group) {
  const bool allWait = group.waiting == group.fibers.size();
  size_t runnable = 0;
  for (Warp &warp : group.warps) {
    if (allWait || warp.waiting == warp.end - warp.first) resume(group, warp);
    runnable += warp.runnable;
  }
  if (allWait) group.waiting = 0;
  return runnable > 0;
}

// False if some work-items leave the kernel while others wait at a barrier.
bool runGroup(Group &group, Place **place, dim3 at) {
  const size_t count = group.fibers.size(), warps = group.warps.size();
  char *memory = stacks(count);
  group.waiting = 0;
  for (size_t i = 0; i < count; i++) {
    Fiber &fiber = group.fibers[i];
    fiber.place.group = at;
    fiber.place.step = fiber.place.copies = 0;
    prepare(fiber.stack, memory + i * stackSize, stackSize, start);
  }
  for (Warp &warp : group.warps) {
    for (Exchange::Slot &slot : warp.exchange.slots) slot.multiplied = 0;
    resume(group, warp);
  }
  // A warp that runs alone up to the next barrier of the group, as warps may run ahead on a GPU; if
  // there is no such warp, all run in turns.
  size_t ahead = warps;
  for (size_t left = count; left > 0;) {
    if (ahead < warps && !group.warps[ahead].runnable) ahead = warps;
    if (ahead == warps && warps > 1 && random().below(2)) {
      ahead = random().below(warps);
      if (!group.warps[ahead].runnable) ahead = warps;
    }
    const size_t first = ahead < warps ? group.warps[ahead].first : 0;
    const size_t end = ahead < warps ? group.warps[ahead].end : count;
    int *const order = group.order.data();
    std::iota(order, order + (end - first), (int)first);
    for (size_t i = end - first - 1; i > 0; i--) std::swap(order[i], order[random().below(i + 1)]);
    for (size_t i = 0; i < end - first; i++) {
      const int index = order[i];
      Fiber &fiber = group.fibers[index];
      if (fiber.state != State::runs) continue;
      group.current = index;
      *place = &fiber.place;
      switchStacks(group.home, fiber.stack);
      left -= fiber.state == State::isDone;
    }
    if (left > 0 && !release(group)) return false;
  }
  return true;
}

// The fibers of all work-groups of a launch, one work-group after the other.
void setUp(Group &group, dim3 groups, dim3 items) {
  const size_t count = (size_t)items.x * items.y * items.z;
  group.fibers.resize(count);
  group.order.resize(count);
  group.warps.resize((count + warpSize - 1) / warpSize);
  for (size_t i = 0; i < group.warps.size(); i++) {
    group.warps[i].first = i * warpSize;
    group.warps[i].end = std::min(count, (i + 1) * warpSize);
  }
  for (size_t i = 0; i < count; i++) {
    const dim3 item = {(unsigned)(i % items.x), (unsigned)(i / items.x % items.y),
                       (unsigned)(i / items.x / items.y)};
    group.fibers[i].place = {item,         {},          groups, items,
                             waitForGroup, waitForWarp, &group.warps[i / warpSize].exchange, 0, 0};
  }
}

sigjmp_buf fault;
thread_local bool isInKernel;

// A page that may not be touched, and traps.
const int faults[] = {SIGSEGV, SIGILL, SIGTRAP};
struct sigaction otherwise[3];
volatile Outcome faulted;

// Whether the instruction that has trapped is the sanitizer's, for an address that is not aligned.
// Others are what a compiler leaves where a program must not come, and what a processor lacks.
bool isOfAlignment(int signal, const void *instruction) {
  const unsigned char typeMismatch = 22;  // clang's SanitizerHandler
#if defined(__x86_64__)
  const unsigned char trap[] = {0x67, 0x0f, 0xb9, 0x40, typeMismatch};  // ud1l 22(%eax), %eax
  return signal == SIGILL &&
         std::equal(std::begin(trap), std::end(trap), (const unsigned char *)instruction);
#else
  const uint32_t trap = 0xd4200000u | (0x5500u | typeMismatch) << 5;  // brk #0x5516
  return signal == SIGTRAP && *(const uint32_t *)instruction == trap;
#endif
}

// Another thread's fault is left to the handlers that were there: it happens again without this
// one.
void restoreHandlers() {
  for (int i = 0; i < 3; i++) sigaction(faults[i], &otherwise[i], nullptr);
}
void onFault(int signal, siginfo_t *info, void *) {
  if (isInKernel) {
    faulted = signal == SIGSEGV                      ? Outcome::illegalAddress
              : isOfAlignment(signal, info->si_addr) ? Outcome::misalignedAddress
                                                     : Outcome::illegalInstruction;
    siglongjmp(fault, 1);
  }
  restoreHandlers();
}

}  // namespace

Outcome runGrid(Place **place, void (*kernel)(void **), void **arguments, dim3 groups,
                dim3 items) {
  const uint64_t total = (uint64_t)groups.x * groups.y * groups.z;
  static Group group;
  setUp(group, groups, items);
  group.kernel = kernel;
  group.arguments = arguments;
  running = &group;

  struct sigaction handler = {};
  handler.sa_sigaction = onFault;
  handler.sa_flags = SA_NODEFER | SA_SIGINFO;
  for (int i = 0; i < 3; i++) sigaction(faults[i], &handler, &otherwise[i]);
  isInKernel = true;
  volatile Outcome outcome = Outcome::done;
  if (sigsetjmp(fault, 1) == 0) {
    // A permutation of the work-groups: multiples of a number without a common divisor.
    uint64_t step = random().below(total) | 1;
    while (std::gcd(step, total) != 1) step += 2;
    for (uint64_t i = 0, at = random().below(total); i < total; i++, at = (at + step) % total) {
      const dim3 place_ = {(unsigned)(at % groups.x), (unsigned)(at / groups.x % groups.y),
                           (unsigned)(at / groups.x / groups.y)};
      if (!runGroup(group, place, place_)) {
        outcome = Outcome::divergentBarrier;
        break;
      }
    }
  } else {
    outcome = faulted;
  }
  isInKernel = false;
  restoreHandlers();
  running = nullptr;
  return outcome;
}

}  // namespace standin
