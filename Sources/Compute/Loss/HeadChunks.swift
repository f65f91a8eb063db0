/// Chunks of rows for the head: only one chunk of [rows, V] logits is in memory at a time.
package struct HeadChunks {
  /// Maximum bytes of a chunk's logits on a CPU, on both paths: the fastest as measured, and small
  /// beside a model.
  static let byteCount = 32 << 20

  /// The rows of each chunk.
  let ranges: [Range<Int>]
  /// Rows of a chunk's buffer: one of few sizes, so that the pool keeps few buffers.
  let capacity: Int

  /// Maximum bytes of a chunk's logits on a GPU. Kernels use one work-group per row, so a chunk has
  /// two rows per compute unit, bounded by a 16th of the memory and by half of the largest buffer.
  static func byteCount(
    vocabulary: Int, computeUnits: Int, memory: Int, largestBuffer: Int
  ) -> Int {
    let wanted = max(byteCount, 2 * computeUnits * 4 * vocabulary)
    return min(wanted, max(byteCount, memory / 16), largestBuffer / 2)
  }

  init(rows: Int, vocabulary: Int, byteCount: Int) {
    let most = max(1, byteCount / (4 * max(vocabulary, 1)))
    let count = (rows + most - 1) / most
    ranges = (0..<count).map { ($0 * rows / count)..<(($0 + 1) * rows / count) }
    let largest = ranges.map(\.count).max() ?? 0
    var capacity = 1
    while capacity < largest { capacity *= 2 }
    self.capacity = min(capacity, most)
  }
}

extension Device {
  /// `rows` of the head in chunks of up to `byteCount` bytes; nil for the device's default.
  func headChunks(rows: Int, vocabulary: Int, byteCount: Int?) -> HeadChunks {
    HeadChunks(
      rows: rows, vocabulary: vocabulary,
      byteCount: byteCount ?? headChunkBytes(vocabulary: vocabulary))
  }

  private func headChunkBytes(vocabulary: Int) -> Int {
    guard case .gpu(let gpu) = engine, !gpu.isCPUType else { return HeadChunks.byteCount }
    let description = gpu.properties
    return HeadChunks.byteCount(
      vocabulary: vocabulary, computeUnits: gpu.computeUnits, memory: description.memory,
      largestBuffer: description.largestBuffer)
  }
}
