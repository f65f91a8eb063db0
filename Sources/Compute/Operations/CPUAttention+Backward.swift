import CArithmetic

extension CPUAttention {
  /// Operands of the backward pass in host memory, named as in `Device.attentionBackward`.
  @unsafe struct BackwardOperands {
    let outputGradient: UnsafePointer<Float>
    let query: UnsafePointer<Float>
    let key: UnsafePointer<Float>
    let value: UnsafePointer<Float>
    let output: UnsafePointer<Float>
    let logSumExp: UnsafePointer<Float>
    let queryGradient: UnsafeMutablePointer<Float>
  }

  /// Where gradients of keys and values are added up: rows of `stride` = G * D floats.
  @unsafe struct KeyGradients {
    let key: UnsafeMutablePointer<Float>
    let value: UnsafeMutablePointer<Float>
    let stride: Int

    /// With row 0 moved on by `rows`.
    func shifted(by rows: Int) -> KeyGradients {
      unsafe KeyGradients(key: key + rows * stride, value: value + rows * stride, stride: stride)
    }

    /// Sets rows to 0.
    func clear(rows: Range<Int>) {
      let (start, count) = unsafe (rows.lowerBound * stride, rows.count * stride)
      unsafe (key + start).update(repeating: 0, count: count)
      unsafe (value + start).update(repeating: 0, count: count)
    }

    /// Those of one head from a row on.
    func from(_ row: Int, head: Int, width: Int) -> (key: MutableRows, value: MutableRows) {
      let offset = unsafe row * stride + head * width
      return unsafe (
        MutableRows(key + offset, stride: stride), MutableRows(value + offset, stride: stride)
      )
    }
  }

  /// Scratch of a tile of the backward pass: queries, output gradients, query gradients,
  /// probabilities, score gradients and deltas.
  var backwardFloats: Int { queryRows * (3 * heads.headDimension + 2 * Self.keys + 1) }

  /// Adds what one head of a piece's queries gives to the gradients of the keys that they see,
  /// those of the prefix in `shared` and the sequence's own in `own`, and writes the gradients of
  /// the queries.
  ///
  /// `prefixOnly` leaves out the own keys of a piece that attends to the prefix, and its queries.
  func backward(
    _ piece: AttentionPiece, head: Int, _ operands: BackwardOperands, shared: KeyGradients,
    own: KeyGradients, prefixOnly: Bool, scratch: UnsafeMutablePointer<Float>
  ) {
    let width = heads.headDimension
    let queries = unsafe scratch
    let outputGradients = unsafe queries + queryRows * width
    let accumulated = unsafe outputGradients + queryRows * width
    let scores = unsafe accumulated + queryRows * width
    let scoreGradients = unsafe scores + queryRows * Self.keys
    let delta = unsafe scoreGradients + queryRows * Self.keys
    let keys = unsafe Rows(operands.key + head * width, stride: heads.keyValueWidth)
    let values = unsafe Rows(operands.value + head * width, stride: heads.keyValueWidth)
    let leavesOwn = prefixOnly && piece.attendsPrefix
    let packed =
      piece.queries.lowerBound * heads.groupSize..<piece.queries.upperBound * heads.groupSize
    for first in stride(from: packed.lowerBound, to: packed.upperBound, by: queryRows) {
      var rows = PackedRows(
        first: first, count: min(queryRows, packed.upperBound - first),
        group: heads.groupSize, query_start: piece.queryStart, query_heads: heads.queryHeads,
        first_head: head * heads.groupSize, width: width, first_position: piece.firstPosition,
        window: window)
      let visible = visiblePositions(rows).clamped(to: 0..<(leavesOwn ? piece.prefixCount : .max))
      if visible.isEmpty { continue }
      unsafe attention_pack(&rows, operands.query, scale, queries)
      unsafe attention_pack(&rows, operands.outputGradient, 1, outputGradients)
      unsafe attention_delta(&rows, outputGradients, operands.output, delta)
      unsafe accumulated.update(repeating: 0, count: rows.count * width)
      let (queryTile, gradientTile) = unsafe (
        Rows(queries, stride: width), Rows(outputGradients, stride: width)
      )
      forEachKeyTile(of: visible) { positions, pitch in
        let first = positions.lowerBound
        forEachRun(of: positions, prefixCount: piece.prefixCount, keyStart: piece.keyStart) {
          run, row in
          let column = run.lowerBound - first
          unsafe Self.multiply(
            rows: rows.count, columns: run.count, depth: width, queryTile, keys.from(row),
            rightTransposed: true, into: MutableRows(scores + column, stride: pitch))
          unsafe Self.multiply(
            rows: rows.count, columns: run.count, depth: width, gradientTile, values.from(row),
            rightTransposed: true, into: MutableRows(scoreGradients + column, stride: pitch))
        }
        var tile = ScoreTile(
          first_key: first, keys: positions.count, pitch: pitch, soft_cap: softCap)
        unsafe attention_score_gradient(
          &rows, &tile, operands.logSumExp, delta, scores, scoreGradients)
        forEachRun(of: positions, prefixCount: piece.prefixCount, keyStart: piece.keyStart) {
          run, row in
          let column = run.lowerBound - first
          let target =
            unsafe run.lowerBound < piece.prefixCount
            ? shared.from(row, head: head, width: width)
            : own.from(row, head: head, width: width)
          unsafe Self.multiply(
            rows: run.count, columns: width, depth: rows.count,
            Rows(scores + column, stride: pitch), leftTransposed: true, gradientTile,
            accumulating: true, into: target.value)
          let scoreGradientTile = unsafe Rows(scoreGradients + column, stride: pitch)
          unsafe Self.multiply(
            rows: run.count, columns: width, depth: rows.count, scoreGradientTile,
            leftTransposed: true, queryTile, accumulating: true, into: target.key)
          if leavesOwn { return }
          unsafe Self.multiply(
            rows: rows.count, columns: width, depth: run.count, scoreGradientTile, keys.from(row),
            accumulating: true, into: MutableRows(accumulated, stride: width))
        }
      }
      if !leavesOwn { unsafe attention_unpack(&rows, accumulated, scale, operands.queryGradient) }
    }
  }

  /// The gradients of a whole batch: `gradients` are those of the key buffers, `partial` those of
  /// the partial sums.
  func backward(
    _ pieces: AttentionPieces, layout: AttentionLayout, scope: AttentionGradientScope,
    _ operands: BackwardOperands, gradients: KeyGradients, partial: KeyGradients,
    scratch: UnsafeMutablePointer<Float>, on cpu: CPUEngine
  ) {
    let prefixOnly = scope == .prefixKeys
    let width = heads.keyValueWidth
    unsafe gradients.clear(rows: 0..<layout.prefixCount)
    if !prefixOnly {
      for sequence in layout.sequences {
        unsafe gradients.clear(
          rows: sequence.keyStart..<(sequence.keyStart + sequence.keyCount))
      }
    }
    cpu.forEachRange(of: pieces.partialRows, elementsPerRow: 2 * width) { rows in
      unsafe partial.clear(rows: rows)
    }
    let jobs = prefixOnly ? pieces.prefixJobs : pieces.jobs.count
    let groups = heads.keyValueHeads
    unsafe cpu.forEach(
      jobs * groups, onOneThread: isSmall, scratch: scratch, floats: backwardFloats
    ) { index, scratch in
      let job = pieces.jobs[index / groups]
      for piece in job.pieces {
        unsafe backward(
          piece, head: index % groups, operands, shared: partial.shifted(by: job.prefixRow ?? 0),
          own: piece.ownShift.map { unsafe partial.shifted(by: $0) } ?? gradients,
          prefixOnly: prefixOnly, scratch: scratch)
      }
    }
    let segments = pieces.segments[..<(prefixOnly ? pieces.prefixSegments : pieces.segments.count)]
    let rows = segments.map { $0.row + $0.count }.max() ?? 0
    cpu.forEachRange(of: rows, elementsPerRow: 2 * segments.count * width) { rows in
      for segment in segments {
        let part = rows.clamped(to: segment.row..<(segment.row + segment.count))
        let from = segment.partialRow + part.lowerBound - segment.row
        unsafe attention_add(
          part.count * width, partial.key + from * width, gradients.key + part.lowerBound * width)
        unsafe attention_add(
          part.count * width, partial.value + from * width,
          gradients.value + part.lowerBound * width)
      }
    }
  }
}
