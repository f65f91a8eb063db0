import CArithmetic

/// The forward pass of the CPU path.
///
/// Short sequences after the same prefix, such as the answers of a batch that grow by a token each,
/// share the prefix's part of the work: their query rows are adjacent, so the keys of the prefix
/// are read and transposed once for all of them. A row's result does not depend on the rows beside
/// it: the keys of the prefix come first, then its own, also where a run has one such tile alone.
extension CPUAttention {
  /// Fewest packed rows for which another run is worth its reading of the prefix.
  private static let fewestRows = 24

  /// The tiles of a pass, divided into runs that share the prefix. A run has one tile, or tiles of
  /// whole sequences with adjacent query rows that see the whole prefix.
  func runs(
    _ tiles: UnsafeBufferPointer<AttentionQueryTile>, threads: Int
  ) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    var first = 0
    while first < tiles.count {
      var end = first + 1
      var rows = unsafe packedRows(tiles[first])
      if unsafe canShare(tiles[first]) {
        while end < tiles.count, unsafe canShare(tiles[end]),
          unsafe tiles[end].queryStart == tiles[end - 1].queryStart + tiles[end - 1].queryCount
        {
          rows += unsafe packedRows(tiles[end])
          end += 1
        }
      }
      // As many runs as threads can share, each with enough rows.
      let wanted = (2 * threads + heads.keyValueHeads - 1) / heads.keyValueHeads
      let count = max((rows + queryRows - 1) / queryRows, min(wanted, rows / Self.fewestRows))
      unsafe divide(tiles, first..<end, rows: max(1, (rows + count - 1) / max(count, 1)), &runs)
      first = end
    }
    return runs
  }

  /// Divides adjacent tiles into runs of about `rows` packed rows, and of `queryRows` at most.
  private func divide(
    _ tiles: UnsafeBufferPointer<AttentionQueryTile>, _ range: Range<Int>, rows: Int,
    _ runs: inout [Range<Int>]
  ) {
    var (first, sum) = (range.lowerBound, 0)
    for index in range {
      let own = unsafe packedRows(tiles[index])
      if index > first, sum + own > queryRows || sum >= rows {
        runs.append(first..<index)
        (first, sum) = (index, 0)
      }
      sum += own
    }
    runs.append(first..<range.upperBound)
  }

  /// Packed rows of a tile.
  private func packedRows(_ tile: AttentionQueryTile) -> Int {
    min(queryRows, Int(tile.queryCount) * heads.groupSize - Int(tile.firstRow))
  }

  /// Whether a tile is a whole sequence, with few rows, that sees all of a prefix.
  private func canShare(_ tile: AttentionQueryTile) -> Bool {
    let rows = Int(tile.queryCount) * heads.groupSize
    return tile.prefixCount > 0 && rows <= queryRows / 2
      && Int(tile.firstPosition + tile.queryCount) <= window
  }

  /// Output and log-sum-exp of a run of tiles, or of one tile.
  func forward(
    _ tiles: UnsafeBufferPointer<AttentionQueryTile>, head: Int, query: UnsafePointer<Float>,
    key: UnsafePointer<Float>, value: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>, logSumExp: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let width = heads.headDimension
    let prefixCount = unsafe Int(tiles[0].prefixCount)
    var rows = unsafe packedRows(tiles[0], head: head)
    let own = rows
    let isShared = unsafe canShare(tiles[0])
    if isShared {
      // The rows of all tiles, which see every key of the prefix.
      unsafe rows.count = tiles.reduce(0) { $0 + packedRows($1) }
      rows.first_position = prefixCount
      rows.window = 1 << 30
    }
    let state = unsafe ForwardState(scratch, rows: queryRows, width: width)
    unsafe attention_pack(rows, query, scale, state.queries)
    unsafe state.accumulated.update(repeating: 0, count: rows.count * width)
    unsafe state.maximum.update(repeating: -1e30, count: rows.count)
    unsafe state.sum.update(repeating: 0, count: rows.count)
    if isShared {
      unsafe attend(
        rows, to: 0..<prefixCount, tiles[0], head: head, key: key, value: value, state)
      var first = 0
      for index in tiles.indices {
        let tile = unsafe tiles[index]
        let own = packedRows(tile, head: head)
        let positions = prefixCount..<visiblePositions(own).upperBound
        unsafe attend(
          own, to: positions, tile, head: head, key: key, value: value,
          state.from(row: first, width: width))
        first += own.count
      }
    } else {
      unsafe attend(
        own, to: visiblePositions(own), tiles[0], head: head, key: key, value: value, state)
    }
    unsafe attention_finish(
      rows, state.maximum, state.sum, state.accumulated, output, logSumExp)
  }

  /// Adds the keys at some positions to the state of some rows.
  private func attend(
    _ rows: PackedRows, to positions: Range<Int>, _ tile: AttentionQueryTile, head: Int,
    key: UnsafePointer<Float>, value: UnsafePointer<Float>, _ state: ForwardState
  ) {
    let (prefixCount, keyStart) = (Int(tile.prefixCount), Int(tile.keyStart))
    forEachKeyTile(of: positions) { positions, tile in
      let keys = unsafe keyRows(
        key, head: head, at: positions, prefixCount: prefixCount, keyStart: keyStart)
      let values = unsafe keyRows(
        value, head: head, at: positions, prefixCount: prefixCount, keyStart: keyStart)
      unsafe multiply(
        state.queries, byKeys: keys, rows, tile, transposed: state.transposed, into: state.scores)
      unsafe attention_softmax(
        rows, tile, state.scores, state.maximum, state.sum, state.accumulated)
      unsafe accumulate(state.scores, values, rows, tile, into: state.accumulated)
    }
  }
}

/// Scratch of the forward pass: what the rows of a run have seen so far, and a tile of keys and
/// scores.
@safe
private struct ForwardState {
  /// [D, keys].
  let transposed: UnsafeMutablePointer<Float>
  /// [rows, D].
  var queries: UnsafeMutablePointer<Float>
  /// [rows, D].
  var accumulated: UnsafeMutablePointer<Float>
  /// [rows, keys].
  let scores: UnsafeMutablePointer<Float>
  /// [rows].
  var maximum: UnsafeMutablePointer<Float>
  /// [rows].
  var sum: UnsafeMutablePointer<Float>

  init(_ scratch: UnsafeMutablePointer<Float>, rows: Int, width: Int) {
    unsafe transposed = scratch
    unsafe queries = transposed + CPUAttention.keys * width
    unsafe accumulated = queries + rows * width
    unsafe scores = accumulated + rows * width
    unsafe maximum = scores + rows * CPUAttention.keys
    unsafe sum = maximum + rows
  }

  /// The state of the rows from one on.
  func from(row: Int, width: Int) -> ForwardState {
    var state = self
    unsafe state.queries = queries + row * width
    unsafe state.accumulated = accumulated + row * width
    unsafe state.maximum = maximum + row
    unsafe state.sum = sum + row
    return state
  }
}
