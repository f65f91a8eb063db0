// graphs.cpp - captures of a stream and their graphs, for the stand-in for libcuda. As in CUDA's
// thread-local mode, calls that allocate, free, load a module or wait break a capture of their
// thread. A graph keeps arguments and addresses, and a launch enqueues its commands in their order.
#include "driver.h"

using namespace standin;

namespace {

struct Executable {
  std::vector<std::function<Status()>> commands;
};

}  // namespace

STANDIN_API int cuStreamBeginCapture_v2(Stream *stream, int mode) {
  NEEDS_CONTEXT;
  NEEDS(stream);
  if (mode < 0 || mode > 2) return invalidValue;
  if (stream->capture) return illegalState;
  stream->capture = new Graph;
  stream->isInvalid = false;
  stream->captor = thread();
  return success;
}
STANDIN_API int cuStreamEndCapture(Stream *stream, Graph **graph) {
  NEEDS_CONTEXT;
  NEEDS(stream);
  if (!stream->capture) return illegalState;
  Graph *captured = stream->capture;
  stream->capture = nullptr;
  if (stream->isInvalid) {
    delete captured;
    *graph = nullptr;
    return captureInvalidated;
  }
  return make(graph, captured);
}
STANDIN_API int cuGraphGetNodes(Graph *graph, void **nodes, size_t *count) {
  NEEDS_CONTEXT;
  NEEDS(graph);
  if (nodes) return invalidValue;  // nodes have no handles here
  *count = graph->commands.size();
  return success;
}
STANDIN_API int cuGraphInstantiateWithFlags(Executable **executable, Graph *graph,
                                            unsigned long long flags) {
  NEEDS_CONTEXT;
  NEEDS(graph);
  if (flags) return invalidValue;
  return make(executable, new Executable{graph->commands});
}
STANDIN_API int cuGraphDestroy(Graph *graph) {
  NEEDS_CONTEXT;
  NEEDS(graph);
  live.erase(graph);
  delete graph;
  return success;
}
STANDIN_API int cuGraphExecDestroy(Executable *executable) {
  NEEDS_CONTEXT;
  NEEDS(executable);
  live.erase(executable);
  delete executable;
  return success;
}
STANDIN_API int cuGraphLaunch(Executable *executable, Stream *stream) {
  NEEDS_CONTEXT;
  NEEDS(executable);
  NEEDS(stream);
  if (stream->capture) return captureUnsupported;
  for (const auto &command : executable->commands) {
    const Status status = enqueue(stream, command);
    if (status != success) return status;
  }
  return success;
}
