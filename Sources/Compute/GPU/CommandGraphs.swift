internal import CUDA

/// Sequences of commands that a CUDA device replays as graphs: a key's commands are enqueued one by
/// one the first time, captured the second time, and from then on enqueued by one launch. A step
/// that is bound by launches then takes the time of its kernels alone.
///
/// A key must determine the commands with all their arguments but the contents of buffers. Captured
/// commands have the addresses of their buffers: the graphs are dropped when the memory of a buffer
/// that was there at a capture is released, and their own scratch is kept apart from other memory.
package final class CommandGraphs<Key: Hashable> {
  private struct Entry {
    let graph: CUDA.Graph
    /// Number of the last use.
    var lastUse: Int
  }

  private let device: Device
  private var entries: [Key: Entry] = [:]
  /// Keys that were enqueued once, and are captured the next time.
  private var enqueued: Set<Key> = []
  /// Keys whose commands could not be captured.
  private var refused: Set<Key> = []
  private var generation: Int
  private var uses = 0

  /// The most graphs that are kept, those of the latest uses: a graph holds a record of each of its
  /// commands on the device.
  package static var capacity: Int { 32 }
  /// The most keys that are remembered without a graph.
  private static var largestMemory: Int { 4096 }

  /// No graphs yet.
  package init(_ device: Device) {
    self.device = device
    generation = device.pool.captureGeneration
  }

  /// Number of graphs.
  package var count: Int { entries.count }

  /// Enqueues the commands of `body`, or replays them. `body` does nothing else that a later step
  /// needs, and its checks of operands hold for every step with this key.
  ///
  /// - Throws: what `body` throws; driver errors.
  package func run(
    _ key: Key, _ body: () throws(ComputeError) -> Void
  ) throws(ComputeError) {
    guard let gpu = device.graphEngine, case .cuda(let context, _) = gpu.runtime else {
      return try body()
    }
    let pool = device.pool
    if generation != pool.captureGeneration {
      entries.removeAll()
      enqueued.removeAll()
      refused.removeAll()
      generation = pool.captureGeneration
    }
    uses += 1
    if let entry = entries[key] {
      entries[key]?.lastUse = uses
      return try gpu.launch(entry.graph)
    }
    if enqueued.contains(key), !refused.contains(key),
      let graph = try capture(key, on: gpu, context, body)
    {
      if entries.count >= Self.capacity { removeOldest() }
      entries[key] = Entry(graph: graph, lastUse: uses)
      return try gpu.launch(graph)
    }
    try pool.capturing(body)
    if enqueued.count >= Self.largestMemory { enqueued.removeAll() }
    enqueued.insert(key)
  }

  /// The commands of `body`, which have not run; nil where one of them cannot be captured, such as
  /// one that allocates.
  private func capture(
    _ key: Key, on gpu: GPUEngine, _ context: CUDA.Context, _ body: () throws(ComputeError) -> Void
  ) throws(ComputeError) -> CUDA.Graph? {
    try driver { () throws(CUDAError) in try context.beginCapture() }
    var failure: ComputeError?
    do throws(ComputeError) { try device.pool.capturing(body) } catch { failure = error }
    let captured = Result { () throws(CUDAError) in try context.endCapture() }
    if failure == nil, case .success(let graph) = captured {
      device.pool.noteCapture()
      return graph
    }
    if refused.count >= Self.largestMemory { refused.removeAll() }
    refused.insert(key)
    return nil
  }

  private func removeOldest() {
    if let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
      entries[oldest.key] = nil
    }
  }
}

extension Device {
  /// Whether steps of equal shapes are captured as CUDA graphs and replayed (`CommandGraphs`);
  /// false enqueues every command. At the start it is what the tuning says, and false without one.
  /// Setting it has no effect on other devices and where launches are timed.
  package var usesGraphs: Bool {
    get { graphEngine != nil }
    set { if case .gpu(let gpu) = engine { gpu.usesGraphs = newValue } }
  }

  /// The engine, if it replays commands.
  var graphEngine: GPUEngine? {
    guard case .gpu(let gpu) = engine, case .cuda = gpu.runtime, gpu.usesGraphs, !gpu.isProfiling
    else { return nil }
    return gpu
  }
}
