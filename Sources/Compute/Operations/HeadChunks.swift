/// Rows of the head in chunks: [rows, V] logits never stand in memory beyond one chunk.
package struct HeadChunks {
  /// The most that a chunk's logits take where nothing else is asked for.
  package static let byteCount = 32 << 20

  /// The rows of each chunk.
  let ranges: [Range<Int>]
  /// Rows that a buffer of a chunk has room for: of few sizes, so that the pool keeps few.
  let capacity: Int

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
