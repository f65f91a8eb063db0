import CArithmetic

/// Attention on the CPU path: for each tile of packed query rows and each key/value head, two
/// matrix multiplications with a softmax between them.
struct CPUAttention {
  let heads: HeadShape
  let scale: Float
  let softCap: Float
  let window: Int
  /// Whether a pass is shorter than waking another thread.
  let isSmall: Bool
  let variant: CPUVariant
  /// Whether our tiles are used; they skip keys that no row of a register tile sees.
  var usesTiles: Bool { variant != .generic }

  /// Packed query rows per tile: a multiple of 16 queries, so that the causal edge of a tile is at
  /// a vector boundary. Small for short sequences, since OpenBLAS computes the full rectangle of a
  /// causal tile; large for long ones, since every tile reads all keys.
  let queryRows: Int
  /// Keys per tile of scores, which stays in L2.
  static let keys = 256

  init(
    heads: HeadShape, layout: AttentionLayout, scale: Float, softCap: Float?, on cpu: CPUEngine
  ) {
    self.heads = heads
    self.scale = scale
    self.softCap = softCap ?? 0
    self.window = layout.windowOrAll
    variant = cpu.variant
    isSmall = layout.pairs * heads.queryWidth < 1 << 21
    let rows = layout.longestSequence > 512 ? 384 : 128
    let queries = rows / heads.groupSize
    queryRows = heads.groupSize * (queries >= 8 ? max(16, queries & ~15) : max(1, queries))
  }

  /// Scratch of a tile of the forward pass: keys transposed, queries, output, scores, maxima and
  /// sums.
  var forwardFloats: Int {
    Self.keys * heads.headDimension + queryRows * (2 * heads.headDimension + Self.keys + 2)
  }

  /// The packed rows of a query tile, clipped to the end of its sequence.
  func packedRows(_ tile: AttentionQueryTile, head: Int) -> PackedRows {
    let end = Int(tile.queryCount) * heads.groupSize
    return PackedRows(
      first: Int(tile.firstRow), count: min(queryRows, end - Int(tile.firstRow)),
      group: heads.groupSize, query_start: Int(tile.queryStart), query_heads: heads.queryHeads,
      first_head: head * heads.groupSize, width: heads.headDimension,
      first_position: Int(tile.firstPosition), window: window)
  }

  /// The positions of all keys that at least one row sees.
  func visiblePositions(_ rows: PackedRows) -> Range<Int> {
    let first = rows.first_position + rows.first / rows.group
    let last = rows.first_position + (rows.first + rows.count - 1) / rows.group
    return max(0, first + 1 - window)..<(last + 1)
  }

  /// Calls `body` with tiles of positions.
  func forEachKeyTile(
    of positions: Range<Int>, _ body: (_ positions: Range<Int>, _ tile: ScoreTile) -> Void
  ) {
    for first in stride(from: positions.lowerBound, to: positions.upperBound, by: Self.keys) {
      let tile = first..<min(first + Self.keys, positions.upperBound)
      // The pitch of scores is a multiple of the vector length.
      body(
        tile,
        ScoreTile(
          first_key: first, keys: tile.count, pitch: (tile.count + 15) & ~15, soft_cap: softCap,
          instructions: variant.instructions))
    }
  }
}
