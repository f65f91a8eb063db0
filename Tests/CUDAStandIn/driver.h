// driver.h - what the parts of the stand-in share: the devices, the handles that live, and the
// queues of the streams. Commands run late, at the first wait that needs them, so that what the
// host changes too early or reads too soon is wrong.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

#define STANDIN_API extern "C" __attribute__((visibility("default")))

namespace standin {

enum Status {
  success = 0,
  invalidValue = 1,
  outOfMemory = 2,
  notInitialized = 3,
  noDevice = 100,
  invalidDevice = 101,
  invalidImage = 200,
  invalidContext = 201,
  invalidHandle = 400,
  notFound = 500,
  notReady = 600,
  illegalAddress = 700,
  launchOutOfResources = 701,
  illegalInstruction = 715,
  misalignedAddress = 716,
  launchFailed = 719,
  illegalState = 401,
  captureUnsupported = 900,
  captureInvalidated = 901,
  capturedEvent = 907,
};

// Commands that were captured.
struct Graph {
  std::vector<std::function<Status()>> commands;
};

struct Stream {
  std::deque<std::function<Status()>> commands;
  // The first failure of a kernel: everything after it fails too.
  Status failure = success;
  // While commands are captured: they go here. A call that cannot be captured makes it invalid.
  Graph *capture = nullptr;
  bool isInvalid = false;
  const void *captor = nullptr;  // the thread that captures
};

// Held during each call of the driver and of cuBLASLt.
extern std::recursive_mutex lock;

// Set by cuInit.
extern bool isInitialized;

// The device of the context that is current on a thread, set by cuCtxSetCurrent; none is -1.
const int none = -1;
extern thread_local int current;

// Handles and pinned memory that were made and not destroyed, each with its device.
extern std::map<void *, int> live;

#define LOCKED std::lock_guard<std::recursive_mutex> guard(standin::lock)
#define NEEDS_CONTEXT                        \
  LOCKED;                                    \
  if (!isInitialized) return notInitialized; \
  if (current == none) return invalidContext

// A handle that lives, in the context that is current.
bool isOwn(void *handle);
#define NEEDS(HANDLE) \
  if (!standin::isOwn(HANDLE)) return invalidHandle

// Hands out a new handle.
template <class Handle>
Status make(Handle **to, Handle *handle) {
  live[handle] = current;
  *to = handle;
  return success;
}

// An address that is this thread's own.
const void *thread();

// Invalidates the captures of this thread: a call that allocates, frees, loads or waits is none
// that can be captured. True if there is one.
bool breaksCapture();
#define CANNOT_BE_CAPTURED \
  if (standin::breaksCapture()) return captureUnsupported

// Runs the commands of all streams of the current device.
void drainAll();

// Adds a command; a stream that is not live is an invalid handle.
Status enqueue(Stream *stream, std::function<Status()> command);

// Whether `count` bytes from an address are within one buffer of the current device.
bool isWithinBuffer(uint64_t address, size_t count);

}  // namespace standin

typedef int CUdevice;
typedef uint64_t CUdeviceptr;
