import CArithmetic

/// The CPU path's attention: a tile of packed query rows and one key/value head at a time, as
/// matrix products of OpenBLAS with the softmax between them in C.
struct CPUAttention {
  let heads: HeadShape
  let scale: Float
  let softCap: Float
  let window: Int
  /// Whether a pass is over before another thread is awake.
  let isSmall: Bool

  /// Packed query rows of a tile: a multiple of 16 queries, so that a causal tile ends where
  /// vectors end. Few where sequences are short, since a tile is a rectangle that the causal mask
  /// cuts; many where they are long, since every tile reads all the keys.
  let queryRows: Int
  /// Keys of a tile of scores, which stays in the second-level cache.
  static let keys = 256

  init(heads: HeadShape, layout: AttentionLayout, scale: Float, softCap: Float?) {
    self.heads = heads
    self.scale = scale
    self.softCap = softCap ?? 0
    self.window = layout.windowOrAll
    isSmall = layout.pairs * heads.queryWidth < 1 << 21
    let rows = layout.longestSequence > 512 ? 384 : 128
    let queries = rows / heads.groupSize
    queryRows = heads.groupSize * (queries >= 8 ? max(16, queries & ~15) : max(1, queries))
  }

  /// Scratch of a tile of the forward pass: queries, output, scores, maxima and sums.
  var forwardFloats: Int { queryRows * (2 * heads.headDimension + Self.keys + 2) }

  /// The packed rows of a query tile that ends with its sequence at the latest.
  func packedRows(_ tile: AttentionQueryTile, head: Int) -> PackedRows {
    let end = Int(tile.queryCount) * heads.groupSize
    return PackedRows(
      first: Int(tile.firstRow), count: min(queryRows, end - Int(tile.firstRow)),
      group: heads.groupSize, query_start: Int(tile.queryStart), query_heads: heads.queryHeads,
      first_head: head * heads.groupSize, width: heads.headDimension,
      first_position: Int(tile.firstPosition), window: window)
  }

  /// The positions of all keys that some row sees.
  func visiblePositions(_ rows: PackedRows) -> Range<Int> {
    let first = rows.first_position + rows.first / rows.group
    let last = rows.first_position + (rows.first + rows.count - 1) / rows.group
    return max(0, first + 1 - window)..<(last + 1)
  }

  /// Calls `body` with tiles of positions and the pitch of their scores, which leaves room for
  /// whole vectors.
  func forEachKeyTile(
    of positions: Range<Int>, _ body: (_ positions: Range<Int>, _ pitch: Int) -> Void
  ) {
    for first in stride(from: positions.lowerBound, to: positions.upperBound, by: Self.keys) {
      let tile = first..<min(first + Self.keys, positions.upperBound)
      body(tile, (tile.count + 15) & ~15)
    }
  }

  /// Calls `body` with each run of positions whose keys lie one after another and the row of the
  /// first: those of the prefix, then the sequence's own.
  func forEachRun(
    of positions: Range<Int>, prefixCount: Int, keyStart: Int,
    _ body: (_ positions: Range<Int>, _ row: Int) -> Void
  ) {
    let shared = positions.clamped(to: 0..<prefixCount)
    if !shared.isEmpty { body(shared, shared.lowerBound) }
    let own = positions.clamped(to: prefixCount..<Int.max)
    if !own.isEmpty { body(own, keyStart + own.lowerBound - prefixCount) }
  }

  /// Output and log-sum-exp of a tile of queries.
  func forward(
    _ tile: AttentionQueryTile, head: Int, query: UnsafePointer<Float>, key: UnsafePointer<Float>,
    value: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>,
    logSumExp: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    let width = heads.headDimension
    let (prefixCount, keyStart) = (Int(tile.prefixCount), Int(tile.keyStart))
    var rows = packedRows(tile, head: head)
    let queries = unsafe scratch
    let accumulated = unsafe queries + queryRows * width
    let scores = unsafe accumulated + queryRows * width
    let maximum = unsafe scores + queryRows * Self.keys
    let sum = unsafe maximum + queryRows
    unsafe attention_pack(&rows, query, scale, queries)
    unsafe accumulated.update(repeating: 0, count: rows.count * width)
    unsafe maximum.update(repeating: -1e30, count: rows.count)
    unsafe sum.update(repeating: 0, count: rows.count)
    let keys = unsafe Rows(key + head * width, stride: heads.keyValueWidth)
    let values = unsafe Rows(value + head * width, stride: heads.keyValueWidth)
    forEachKeyTile(of: visiblePositions(rows)) { positions, pitch in
      let first = positions.lowerBound
      forEachRun(of: positions, prefixCount: prefixCount, keyStart: keyStart) { run, row in
        unsafe Self.multiply(
          rows: rows.count, columns: run.count, depth: width, Rows(queries, stride: width),
          keys.from(row), rightTransposed: true,
          into: MutableRows(scores + run.lowerBound - first, stride: pitch))
      }
      var tile = ScoreTile(
        first_key: first, keys: positions.count, pitch: pitch, soft_cap: softCap)
      unsafe attention_softmax(&rows, &tile, scores, maximum, sum, accumulated)
      forEachRun(of: positions, prefixCount: prefixCount, keyStart: keyStart) { run, row in
        unsafe Self.multiply(
          rows: rows.count, columns: width, depth: run.count,
          Rows(scores + run.lowerBound - first, stride: pitch), values.from(row),
          accumulating: true, into: MutableRows(accumulated, stride: width))
      }
    }
    unsafe attention_finish(&rows, maximum, sum, accumulated, output, logSumExp)
  }
}
