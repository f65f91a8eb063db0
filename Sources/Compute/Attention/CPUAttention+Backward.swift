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

  /// Accumulators for gradients of keys and values: rows of `stride` = G * D floats.
  @unsafe struct KeyGradients {
    let key: UnsafeMutablePointer<Float>
    let value: UnsafeMutablePointer<Float>
    let stride: Int

    /// The accumulators from row `rows`.
    func shifted(by rows: Int) -> KeyGradients {
      unsafe KeyGradients(key: key + rows * stride, value: value + rows * stride, stride: stride)
    }

    /// Sets rows to 0.
    func clear(rows: Range<Int>) {
      let (start, count) = unsafe (rows.lowerBound * stride, rows.count * stride)
      unsafe (key + start).update(repeating: 0, count: count)
      unsafe (value + start).update(repeating: 0, count: count)
    }
  }

  /// Scratch of a tile of the backward pass: keys transposed, queries, output gradients, query
  /// gradients, probabilities, score gradients and deltas.
  var backwardFloats: Int {
    Self.keys * heads.headDimension + queryRows * (3 * heads.headDimension + 2 * Self.keys + 1)
  }

  /// Adds the contribution of one head of a block's queries to the gradients of keys and values,
  /// prefix keys in `shared` and the sequence's own keys in `own`, and writes the query gradients.
  ///
  /// `prefixOnly` skips the own keys and the query gradients of a block that attends to the prefix.
  func backward(
    _ block: AttentionBlock, head: Int, _ operands: BackwardOperands, shared: KeyGradients,
    own: KeyGradients, prefixOnly: Bool, scratch: UnsafeMutablePointer<Float>
  ) {
    let width = heads.headDimension
    let transposed = unsafe scratch
    let queries = unsafe transposed + Self.keys * width
    let outputGradients = unsafe queries + queryRows * width
    let accumulated = unsafe outputGradients + queryRows * width
    let scores = unsafe accumulated + queryRows * width
    let scoreGradients = unsafe scores + queryRows * Self.keys
    let delta = unsafe scoreGradients + queryRows * Self.keys
    let stride = heads.keyValueWidth
    let leavesOwn = prefixOnly && block.attendsPrefix
    let packed =
      block.queries.lowerBound * heads.groupSize..<block.queries.upperBound * heads.groupSize
    for first in Swift.stride(from: packed.lowerBound, to: packed.upperBound, by: queryRows) {
      let rows = PackedRows(
        first: first, count: min(queryRows, packed.upperBound - first),
        group: heads.groupSize, query_start: block.queryStart, query_heads: heads.queryHeads,
        first_head: head * heads.groupSize, width: width, first_position: block.firstPosition,
        window: window)
      let visible = visiblePositions(rows).clamped(to: 0..<(leavesOwn ? block.prefixCount : .max))
      if visible.isEmpty { continue }
      unsafe attention_pack(rows, operands.query, scale, queries)
      unsafe attention_pack(rows, operands.outputGradient, 1, outputGradients)
      unsafe attention_delta(rows, outputGradients, operands.output, delta)
      unsafe accumulated.update(repeating: 0, count: rows.count * width)
      forEachKeyTile(of: visible) { positions, tile in
        let keys = unsafe keyRows(
          operands.key, head: head, at: positions, prefixCount: block.prefixCount,
          keyStart: block.keyStart)
        let values = unsafe keyRows(
          operands.value, head: head, at: positions, prefixCount: block.prefixCount,
          keyStart: block.keyStart)
        unsafe multiply(queries, byKeys: keys, rows, tile, transposed: transposed, into: scores)
        unsafe multiply(
          outputGradients, byKeys: values, rows, tile, transposed: transposed, into: scoreGradients)
        unsafe attention_score_gradient(
          rows, tile, operands.logSumExp, delta, scores, scoreGradients)
        unsafe keys.forEachRun(of: positions.count) { run, _ in
          let position = positions.lowerBound + run.lowerBound
          let isShared = position < block.prefixCount
          let row = isShared ? position : block.keyStart + position - block.prefixCount
          let target = unsafe isShared ? shared : own
          let offset = row * stride + head * width
          unsafe scatter(
            scores, outputGradients, rows, tile, keys: run, to: target.value + offset,
            stride: stride)
          unsafe scatter(
            scoreGradients, queries, rows, tile, keys: run, to: target.key + offset, stride: stride
          )
        }
        if !leavesOwn { unsafe accumulate(scoreGradients, keys, rows, tile, into: accumulated) }
      }
      if !leavesOwn { unsafe attention_unpack(rows, accumulated, scale, operands.queryGradient) }
    }
  }

  /// The gradients of a whole batch: `gradients` are those of the key buffers, `partial` those of
  /// the partial sums.
  func backward(
    _ blocks: AttentionBlocks, layout: AttentionLayout, scope: AttentionGradientScope,
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
    cpu.forEachRange(of: blocks.partialRows, elementsPerRow: 2 * width) { rows in
      unsafe partial.clear(rows: rows)
    }
    let jobs = prefixOnly ? blocks.prefixJobs : blocks.jobs.count
    let groups = heads.keyValueHeads
    unsafe cpu.forEach(
      jobs * groups, onOneThread: isSmall, scratch: scratch, floats: backwardFloats
    ) { index, scratch in
      let job = blocks.jobs[index / groups]
      for block in job.blocks {
        unsafe backward(
          block, head: index % groups, operands, shared: partial.shifted(by: job.prefixRow ?? 0),
          own: block.ownShift.map { unsafe partial.shifted(by: $0) } ?? gradients,
          prefixOnly: prefixOnly, scratch: scratch)
      }
    }
    let segments = blocks.segments[..<(prefixOnly ? blocks.prefixSegments : blocks.segments.count)]
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
