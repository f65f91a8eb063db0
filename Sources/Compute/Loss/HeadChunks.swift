/// Rows of the head in chunks: [rows, V] logits never stand in memory beyond one chunk.
package struct HeadChunks {
  /// The most that a chunk's logits take on a CPU, by either path: measured best, and little beside a model.
  static let byteCount = 32 << 20

  /// The rows of each chunk.
  let ranges: [Range<Int>]
  /// Rows that a buffer of a chunk has room for: of few sizes, so that the pool keeps few.
  let capacity: Int

  /// The most that a chunk's logits take on a GPU. Its kernels give a row to a work-group, so that a chunk has two rows for every
  /// compute unit; a 16th of the memory bounds it, and half of what the device takes in one buffer.
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
  /// `rows` of the head in chunks of up to `byteCount`; nil takes what suits this device.
  func headChunks(rows: Int, vocabulary: Int, byteCount: Int?) -> HeadChunks {
    HeadChunks(
      rows: rows, vocabulary: vocabulary,
      byteCount: byteCount ?? headChunkBytes(vocabulary: vocabulary))
  }

  private func headChunkBytes(vocabulary: Int) -> Int {
    guard case .opencl(let gpu) = engine, !gpu.isCPUType else { return HeadChunks.byteCount }
    let description = gpu.context.description
    return HeadChunks.byteCount(
      vocabulary: vocabulary, computeUnits: gpu.computeUnits, memory: description.memory,
      largestBuffer: description.largestBuffer)
  }
}
