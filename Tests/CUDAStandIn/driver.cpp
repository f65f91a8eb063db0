// driver.cpp - a stand-in for libcuda, over the host's memory: streams and events, and what all
// parts share. It follows the CUDA Driver API and is stricter where the real driver is silent: it
// refuses a handle that is destroyed or of another context.
#include "driver.h"

#include <ctime>
#include <map>
#include <set>

namespace standin {

std::recursive_mutex lock;
std::map<void *, int> live;

namespace {

struct Event {
  int pending = 0;
  bool isRecorded = false;
  bool isCaptured = false;
  double seconds = 0;
  Stream *stream = nullptr;
};

std::set<Stream *> streams;

double now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

void runOne(Stream *stream) {
  auto command = std::move(stream->commands.front());
  stream->commands.pop_front();
  const Status status = command();
  if (stream->failure == success) stream->failure = status;
}

Status drain(Stream *stream) {
  while (!stream->commands.empty()) runOne(stream);
  return stream->failure;
}

}  // namespace

const void *thread() { return &current; }

bool isOwn(void *handle) {
  const auto found = live.find(handle);
  return found != live.end() && found->second == current;
}

bool breaksCapture() {
  bool isCapturing = false;
  for (Stream *stream : streams) {
    if (!stream->capture || stream->captor != thread()) continue;
    stream->isInvalid = true;
    isCapturing = true;
  }
  return isCapturing;
}

void drainAll() {
  for (Stream *stream : streams)
    if (isOwn(stream)) drain(stream);
}

Status enqueue(Stream *stream, std::function<Status()> command) {
  NEEDS(stream);
  if (stream->capture) {
    if (stream->isInvalid) return captureInvalidated;
    stream->capture->commands.push_back(command);
    return success;
  }
  if (stream->failure != success) return stream->failure;
  stream->commands.push_back([stream, command] {
    return stream->failure == success ? command() : success;
  });
  return success;
}

}  // namespace standin

using namespace standin;

// What the driver says of itself.

STANDIN_API int cuDriverGetVersion(int *version) {
  *version = 13000;
  return success;
}
STANDIN_API int cuGetErrorName(int status, const char **name) {
  static const std::map<int, const char *> names = {
      {success, "CUDA_SUCCESS"},
      {invalidValue, "CUDA_ERROR_INVALID_VALUE"},
      {outOfMemory, "CUDA_ERROR_OUT_OF_MEMORY"},
      {notInitialized, "CUDA_ERROR_NOT_INITIALIZED"},
      {noDevice, "CUDA_ERROR_NO_DEVICE"},
      {invalidDevice, "CUDA_ERROR_INVALID_DEVICE"},
      {invalidImage, "CUDA_ERROR_INVALID_IMAGE"},
      {invalidContext, "CUDA_ERROR_INVALID_CONTEXT"},
      {invalidHandle, "CUDA_ERROR_INVALID_HANDLE"},
      {illegalState, "CUDA_ERROR_ILLEGAL_STATE"},
      {captureUnsupported, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED"},
      {captureInvalidated, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED"},
      {capturedEvent, "CUDA_ERROR_CAPTURED_EVENT"},
      {notFound, "CUDA_ERROR_NOT_FOUND"},
      {notReady, "CUDA_ERROR_NOT_READY"},
      {illegalAddress, "CUDA_ERROR_ILLEGAL_ADDRESS"},
      {launchOutOfResources, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES"},
      {illegalInstruction, "CUDA_ERROR_ILLEGAL_INSTRUCTION"},
      {misalignedAddress, "CUDA_ERROR_MISALIGNED_ADDRESS"},
      {launchFailed, "CUDA_ERROR_LAUNCH_FAILED"}};
  auto found = names.find(status);
  if (found == names.end()) return invalidValue;
  *name = found->second;
  return success;
}
// Streams and events.

STANDIN_API int cuStreamCreate(Stream **stream, unsigned) {
  NEEDS_CONTEXT;
  make(stream, new Stream);
  streams.insert(*stream);
  return success;
}
STANDIN_API int cuStreamDestroy_v2(Stream *stream) {
  NEEDS_CONTEXT;
  NEEDS(stream);
  CANNOT_BE_CAPTURED;
  drain(stream);
  streams.erase(stream);
  live.erase(stream);
  delete stream;
  return success;
}
STANDIN_API int cuStreamSynchronize(Stream *stream) {
  NEEDS_CONTEXT;
  NEEDS(stream);
  CANNOT_BE_CAPTURED;
  return drain(stream);
}
STANDIN_API int cuStreamQuery(Stream *stream) {
  NEEDS_CONTEXT;
  NEEDS(stream);
  CANNOT_BE_CAPTURED;
  if (!stream->commands.empty()) runOne(stream);
  if (stream->failure != success) return stream->failure;
  return stream->commands.empty() ? success : notReady;
}
STANDIN_API int cuEventCreate(Event **event, unsigned) {
  NEEDS_CONTEXT;
  return make(event, new Event);
}
STANDIN_API int cuEventDestroy_v2(Event *event) {
  NEEDS_CONTEXT;
  NEEDS(event);
  live.erase(event);
  // An event may be destroyed before the stream reaches it.
  if (event->pending) drain(event->stream);
  delete event;
  return success;
}
STANDIN_API int cuEventRecord(Event *event, Stream *stream) {
  NEEDS_CONTEXT;
  NEEDS(event);
  NEEDS(stream);
  // In a capture the event is a place in the graph, which nobody can wait for.
  event->isCaptured = stream->capture != nullptr;
  if (event->isCaptured) return success;
  const Status status = enqueue(stream, [event] {
    event->seconds = now();
    event->pending--;
    return success;
  });
  if (status != success) return status;
  event->pending++;
  event->isRecorded = true;
  event->stream = stream;
  return success;
}
STANDIN_API int cuEventQuery(Event *event) {
  NEEDS_CONTEXT;
  NEEDS(event);
  if (event->isCaptured) return capturedEvent;
  CANNOT_BE_CAPTURED;
  if (event->pending) runOne(event->stream);
  if (event->stream && event->stream->failure != success) return event->stream->failure;
  return event->pending ? notReady : success;
}
STANDIN_API int cuEventSynchronize(Event *event) {
  NEEDS_CONTEXT;
  NEEDS(event);
  if (event->isCaptured) return capturedEvent;
  CANNOT_BE_CAPTURED;
  while (event->pending && event->stream->failure == success) runOne(event->stream);
  return event->stream ? event->stream->failure : success;
}
STANDIN_API int cuEventElapsedTime(float *milliseconds, Event *start, Event *end) {
  NEEDS_CONTEXT;
  NEEDS(start);
  NEEDS(end);
  if (!start->isRecorded || !end->isRecorded) return invalidHandle;
  if (start->pending || end->pending) return notReady;
  *milliseconds = (float)((end->seconds - start->seconds) * 1e3);
  return success;
}
