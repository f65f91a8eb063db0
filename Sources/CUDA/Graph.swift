import CCUDA

/// Commands that were captured from a context's stream, and run again by one launch in their order,
/// with the arguments and addresses that they were captured with (CUDA Driver API, "Graph
/// Management").
///
/// Its memory, kernels and modules must live as long as it does.
@safe package final class Graph {
  /// Kernels, copies and fills.
  package let nodeCount: Int
  private let executable: CUgraphExec
  private let context: Context

  /// Makes captured commands executable.
  fileprivate init(_ context: Context, _ graph: CUgraph) throws(CUDAError) {
    let driver = context.driver
    var count = 0
    try driver.check("cuGraphGetNodes", unsafe driver.cuGraphGetNodes(graph, nil, &count))
    var created: CUgraphExec?
    try driver.check(
      "cuGraphInstantiate", unsafe driver.cuGraphInstantiateWithFlags(&created, graph, 0),
      "\(count) nodes")
    guard let executable = unsafe created else { throw .noResult("cuGraphInstantiate") }
    nodeCount = count
    unsafe self.executable = executable
    self.context = context
  }

  deinit {
    context.drain()
    _ = unsafe context.driver.cuGraphExecDestroy(executable)
  }

  /// Enqueues all commands.
  ///
  /// - Throws: the failed call.
  package func launch() throws(CUDAError) {
    try context.refuseWhileCapturing("cuGraphLaunch")
    try context.activate()
    try context.driver.check(
      "cuGraphLaunch", unsafe context.driver.cuGraphLaunch(executable, context.stream),
      "\(nodeCount) nodes")
  }
}

extension Context {
  /// Captures what is enqueued from now on, instead of running it. Until `endCapture`, everything
  /// that allocates, waits, or copies between host and device throws.
  package func beginCapture() throws(CUDAError) {
    try refuseWhileCapturing("cuStreamBeginCapture")
    try activate()
    try driver.check(
      "cuStreamBeginCapture",
      unsafe driver.cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL))
    isCapturing = true
  }

  /// The commands since `beginCapture`. Throws if one of them cannot be captured; none of them has
  /// run then, and the stream is as it was before.
  package func endCapture() throws(CUDAError) -> Graph {
    isCapturing = false
    try activate()
    var captured: CUgraph?
    try driver.check("cuStreamEndCapture", unsafe driver.cuStreamEndCapture(stream, &captured))
    guard let graph = unsafe captured else { throw .noResult("cuStreamEndCapture") }
    defer { _ = unsafe driver.cuGraphDestroy(graph) }
    return try unsafe Graph(self, graph)
  }

  /// Throws during a capture: the driver would end it at such a call, or repeat the call's effect
  /// at every launch, such as a copy from host memory that holds other bytes by then.
  func refuseWhileCapturing(_ call: String) throws(CUDAError) {
    guard isCapturing else { return }
    throw CUDAError(
      call: call, status: CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
      name: "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", detail: "while commands are captured")
  }
}
