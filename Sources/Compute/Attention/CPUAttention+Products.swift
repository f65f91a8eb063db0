import CArithmetic
import CBLAS

/// Matrix multiplications of a tile: our tiles if the processor supports them, else OpenBLAS, which
/// does not skip masked keys.
extension CPUAttention {
  /// The keys, or values, of one head at the positions of a tile: prefix rows first, then rows from
  /// `keyStart`. `rows` is [*, G, D].
  func keyRows(
    _ rows: UnsafePointer<Float>, head: Int, at positions: Range<Int>, prefixCount: Int,
    keyStart: Int
  ) -> KeyRows {
    let (first, stride) = (positions.lowerBound, heads.keyValueWidth)
    let own = keyStart + max(first, prefixCount) - prefixCount
    let base = unsafe rows + head * heads.headDimension
    return unsafe KeyRows(
      prefix: base + min(first, prefixCount) * stride,
      prefix_count: positions.clamped(to: 0..<prefixCount).count, own: base + own * stride,
      stride: stride)
  }

  /// scores[r, k] = x[r] . keys[k] for the keys that packed row r sees; x is [count, D].
  /// `transposed` is scratch.
  func multiply(
    _ x: UnsafePointer<Float>, byKeys keys: KeyRows, _ rows: PackedRows, _ tile: ScoreTile,
    transposed: UnsafeMutablePointer<Float>, into scores: UnsafeMutablePointer<Float>
  ) {
    if usesTiles {
      unsafe attention_transpose(tile, keys, rows.width, transposed)
      unsafe attention_scores(rows, tile, x, transposed, scores)
      return
    }
    unsafe keys.forEachRun(of: tile.keys) { run, pointer in
      unsafe cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasTrans, blasint(rows.count), blasint(run.count),
        blasint(rows.width), 1, x, blasint(rows.width), pointer, blasint(keys.stride), 0,
        scores + run.lowerBound, blasint(tile.pitch))
    }
  }

  /// y[r] += the sum over keys of scores[r, k] * values[k]; y is [count, D].
  func accumulate(
    _ scores: UnsafePointer<Float>, _ values: KeyRows, _ rows: PackedRows, _ tile: ScoreTile,
    into y: UnsafeMutablePointer<Float>
  ) {
    if usesTiles { return unsafe attention_accumulate(rows, tile, scores, values, y) }
    unsafe values.forEachRun(of: tile.keys) { run, pointer in
      unsafe cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(rows.count), blasint(rows.width),
        blasint(run.count), 1, scores + run.lowerBound, blasint(tile.pitch), pointer,
        blasint(values.stride), 1, y, blasint(rows.width))
    }
  }

  /// target[k] += the sum over packed rows of scores[r, k] * x[r] for keys of `run`, the first of
  /// which is target's; x is [count, D].
  func scatter(
    _ scores: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ rows: PackedRows,
    _ tile: ScoreTile, keys run: Range<Int>, to target: UnsafeMutablePointer<Float>, stride: Int
  ) {
    if usesTiles {
      return unsafe attention_scatter(
        rows, tile, run.lowerBound, run.upperBound, scores, x, target, stride)
    }
    unsafe cblas_sgemm(
      CblasRowMajor, CblasTrans, CblasNoTrans, blasint(run.count), blasint(rows.width),
      blasint(rows.count), 1, scores + run.lowerBound, blasint(tile.pitch), x,
      blasint(rows.width), 1, target, blasint(stride))
  }
}

extension KeyRows {
  /// Calls `body` with each contiguous run of a tile's `count` keys and a pointer to its first key.
  func forEachRun(of count: Int, _ body: (_ run: Range<Int>, UnsafePointer<Float>) -> Void) {
    if unsafe prefix_count > 0 { unsafe body(0..<prefix_count, prefix) }
    if unsafe prefix_count < count { unsafe body(prefix_count..<count, own) }
  }
}
