// stream.h - the queue of commands of the stand-in, which runs them late: at the first wait that
// needs them. What the host changes too early, or reads too soon, is then wrong.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>

#define STANDIN_API extern "C" __attribute__((visibility("default")))

namespace standin {

enum Status {
  success = 0,
  invalidValue = 1,
  outOfMemory = 2,
  notInitialized = 3,
  invalidDevice = 101,
  invalidImage = 200,
  invalidContext = 201,
  invalidHandle = 400,
  notFound = 500,
  notReady = 600,
  illegalAddress = 700,
  launchOutOfResources = 701,
  launchFailed = 719,
};

struct Stream {
  std::deque<std::function<Status()>> commands;
  // The first failure of a kernel: everything after it fails too.
  Status failure = success;
};

// Held during each call of the driver and of cuBLASLt.
extern std::recursive_mutex lock;

// Adds a command; a stream that is not live is an invalid handle.
Status enqueue(Stream *stream, std::function<Status()> command);

// Whether `count` bytes from an address are within one buffer.
bool isWithinBuffer(uint64_t address, size_t count);

}  // namespace standin
