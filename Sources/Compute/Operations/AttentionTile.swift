import CArithmetic

/// The CPU path's attention: one tile of packed query rows, or of keys, and one key/value head at a time, as matrix products
/// of OpenBLAS with the softmax between them in C.
struct AttentionTile {
  let heads: HeadShape
  let layout: AttentionLayout
  let scale: Float
  let softCap: Float
  let window: Int

  /// Packed query rows of a tile.
  static let cpuQueryRows = 256
  /// Keys of a tile of scores.
  static let cpuKeys = 256

  init(heads: HeadShape, layout: AttentionLayout, scale: Float, softCap: Float?) {
    self.heads = heads
    self.layout = layout
    self.scale = scale
    self.softCap = softCap ?? 0
    self.window = layout.windowOrAll
  }

  private var width: Int { heads.headDimension }

  /// Scratch of the forward pass: queries, output, scores, maxima and sums.
  var forwardFloats: Int { Self.cpuQueryRows * (2 * width + Self.cpuKeys + 2) }

  /// The packed rows of a query tile.
  func packedRows(_ tile: AttentionQueryTile, head: Int) -> PackedRows {
    let rows = Int(tile.queryCount) * heads.groupSize - Int(tile.firstRow)
    return packedRows(
      first: Int(tile.firstRow), count: min(Self.cpuQueryRows, rows), head: head,
      queryStart: Int(tile.queryStart), firstPosition: Int(tile.firstPosition))
  }

  func packedRows(
    first: Int, count: Int, head: Int, queryStart: Int, firstPosition: Int
  ) -> PackedRows {
    PackedRows(
      first: first, count: count, group: heads.groupSize, query_start: queryStart,
      query_heads: heads.queryHeads, first_head: head * heads.groupSize, width: width,
      first_position: firstPosition, window: window)
  }

  /// The positions of all keys that some row sees.
  func visiblePositions(_ rows: PackedRows) -> Range<Int> {
    let first = rows.first_position + rows.first / rows.group
    let last = rows.first_position + (rows.first + rows.count - 1) / rows.group
    return max(0, first + 1 - window)..<(last + 1)
  }

  /// Calls `body` with each run of positions whose keys lie one after another, and the row of the first: those
  /// of the prefix, then the sequence's own.
  func forEachRun(
    of positions: Range<Int>, _ tile: AttentionQueryTile,
    _ body: (_ positions: Range<Int>, _ row: Int) -> Void
  ) {
    let prefix = Int(tile.prefixCount)
    let shared = positions.clamped(to: 0..<prefix)
    if !shared.isEmpty { body(shared, shared.lowerBound) }
    let own = positions.clamped(to: prefix..<Int.max)
    if !own.isEmpty { body(own, Int(tile.keyStart) + own.lowerBound - prefix) }
  }

  /// Output and log-sum-exp of a tile of queries.
  func forward(
    _ tile: AttentionQueryTile, head: Int, query: UnsafePointer<Float>, key: UnsafePointer<Float>,
    value: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>,
    logSumExp: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    var rows = packedRows(tile, head: head)
    let queries = unsafe scratch
    let accumulated = unsafe queries + Self.cpuQueryRows * width
    let scores = unsafe accumulated + Self.cpuQueryRows * width
    let maximum = unsafe scores + Self.cpuQueryRows * Self.cpuKeys
    let sum = unsafe maximum + Self.cpuQueryRows
    unsafe attention_pack(&rows, query, scale, queries)
    unsafe accumulated.update(repeating: 0, count: rows.count * width)
    unsafe maximum.update(repeating: -1e30, count: rows.count)
    unsafe sum.update(repeating: 0, count: rows.count)
    let keys = unsafe Rows(key + head * width, stride: heads.keyValueWidth)
    let values = unsafe Rows(value + head * width, stride: heads.keyValueWidth)
    let visible = visiblePositions(rows)
    for first in stride(from: visible.lowerBound, to: visible.upperBound, by: Self.cpuKeys) {
      let positions = first..<min(first + Self.cpuKeys, visible.upperBound)
      let pitch = (positions.count + 15) & ~15
      forEachRun(of: positions, tile) { run, row in
        unsafe Self.multiply(
          rows: rows.count, columns: run.count, depth: width, Rows(queries, stride: width),
          keys.from(row), rightTransposed: true,
          into: MutableRows(scores + run.lowerBound - first, stride: pitch))
      }
      var scoreTile = ScoreTile(
        first_key: first, keys: positions.count, pitch: pitch, soft_cap: softCap)
      unsafe attention_softmax(&rows, &scoreTile, scores, maximum, sum, accumulated)
      forEachRun(of: positions, tile) { run, row in
        unsafe Self.multiply(
          rows: rows.count, columns: width, depth: run.count,
          Rows(scores + run.lowerBound - first, stride: pitch), values.from(row),
          accumulating: true, into: MutableRows(accumulated, stride: width))
      }
    }
    unsafe attention_finish(&rows, maximum, sum, accumulated, output, logSumExp)
  }
}
