import CArithmetic

extension AttentionTile {
  /// Keys of a tile whose gradients are gathered together.
  static let cpuKeyRows = 128

  /// Operands of the backward pass in host memory, named as in `Device.attentionBackward`.
  @unsafe struct BackwardOperands {
    let outputGradient: UnsafePointer<Float>
    let query: UnsafePointer<Float>
    let key: UnsafePointer<Float>
    let value: UnsafePointer<Float>
    let logSumExp: UnsafePointer<Float>
    /// [layout.queryRows, H]: the sum of outputGradient * output over each head.
    let delta: UnsafePointer<Float>
  }

  /// Scratch of a tile of the backward pass: queries, output gradients, query gradients, probabilities and
  /// score gradients.
  var backwardFloats: Int {
    Self.cpuQueryRows * (3 * heads.headDimension + 2 * Self.cpuKeys)
  }

  /// The gradient of a tile of queries.
  func queryGradient(
    _ tile: AttentionQueryTile, head: Int, _ operands: BackwardOperands,
    into gradient: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    let width = heads.headDimension
    var rows = packedRows(tile, head: head)
    let queries = unsafe scratch
    let outputGradients = unsafe queries + Self.cpuQueryRows * width
    let accumulated = unsafe outputGradients + Self.cpuQueryRows * width
    let scores = unsafe accumulated + Self.cpuQueryRows * width
    let scoreGradients = unsafe scores + Self.cpuQueryRows * Self.cpuKeys
    unsafe attention_pack(&rows, operands.query, scale, queries)
    unsafe attention_pack(&rows, operands.outputGradient, 1, outputGradients)
    unsafe accumulated.update(repeating: 0, count: rows.count * width)
    let keys = unsafe Rows(operands.key + head * width, stride: heads.keyValueWidth)
    let values = unsafe Rows(operands.value + head * width, stride: heads.keyValueWidth)
    let visible = visiblePositions(rows)
    for first in stride(from: visible.lowerBound, to: visible.upperBound, by: Self.cpuKeys) {
      let positions = first..<min(first + Self.cpuKeys, visible.upperBound)
      let pitch = (positions.count + 15) & ~15
      forEachRun(of: positions, tile) { run, row in
        let column = run.lowerBound - first
        unsafe Self.multiply(
          rows: rows.count, columns: run.count, depth: width, Rows(queries, stride: width),
          keys.from(row), rightTransposed: true,
          into: MutableRows(scores + column, stride: pitch))
        unsafe Self.multiply(
          rows: rows.count, columns: run.count, depth: width, Rows(outputGradients, stride: width),
          values.from(row), rightTransposed: true,
          into: MutableRows(scoreGradients + column, stride: pitch))
      }
      var scoreTile = ScoreTile(
        first_key: first, keys: positions.count, pitch: pitch, soft_cap: softCap)
      unsafe attention_score_gradient(
        &rows, &scoreTile, operands.logSumExp, operands.delta, scores, scoreGradients)
      forEachRun(of: positions, tile) { run, row in
        unsafe Self.multiply(
          rows: rows.count, columns: width, depth: run.count,
          Rows(scoreGradients + run.lowerBound - first, stride: pitch), keys.from(row),
          accumulating: true, into: MutableRows(accumulated, stride: width))
      }
    }
    unsafe attention_unpack(&rows, accumulated, scale, gradient)
  }

  /// The gradients of a tile of keys and their values; `keyGradient` and `valueGradient` begin at the tile's
  /// first key and at `head`.
  func keyValueGradient(
    _ tile: AttentionKeyTile, spans: UnsafePointer<AttentionSpan>, head: Int,
    _ operands: BackwardOperands, keyGradient: UnsafeMutablePointer<Float>,
    valueGradient: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    let width = heads.headDimension
    let stride = heads.keyValueWidth
    let keyCount = Int(tile.keyCount)
    for row in 0..<keyCount {
      unsafe (keyGradient + row * stride).update(repeating: 0, count: width)
      unsafe (valueGradient + row * stride).update(repeating: 0, count: width)
    }
    let queries = unsafe scratch
    let outputGradients = unsafe queries + Self.cpuQueryRows * width
    let scores = unsafe outputGradients + Self.cpuQueryRows * width
    let scoreGradients = unsafe scores + Self.cpuQueryRows * Self.cpuKeys
    let offset = Int(tile.keyRow) * stride + head * width
    let keys = unsafe Rows(operands.key + offset, stride: stride)
    let values = unsafe Rows(operands.value + offset, stride: stride)
    for index in Int(tile.spanBegin)..<Int(tile.spanEnd) {
      let span = unsafe spans[index]
      let firstKey = Int(tile.keyRow) + Int(span.shift)
      let seeing = seeingQueries(of: span, at: firstKey..<(firstKey + keyCount))
      for first in Swift.stride(
        from: seeing.lowerBound * heads.groupSize, to: seeing.upperBound * heads.groupSize,
        by: Self.cpuQueryRows)
      {
        var rows = packedRows(
          first: first, count: min(Self.cpuQueryRows, seeing.upperBound * heads.groupSize - first),
          head: head, queryStart: Int(span.queryStart), firstPosition: Int(span.firstPosition))
        unsafe attention_pack(&rows, operands.query, scale, queries)
        unsafe attention_pack(&rows, operands.outputGradient, 1, outputGradients)
        let pitch = (keyCount + 15) & ~15
        unsafe Self.multiply(
          rows: rows.count, columns: keyCount, depth: width, Rows(queries, stride: width), keys,
          rightTransposed: true, into: MutableRows(scores, stride: pitch))
        unsafe Self.multiply(
          rows: rows.count, columns: keyCount, depth: width, Rows(outputGradients, stride: width),
          values, rightTransposed: true, into: MutableRows(scoreGradients, stride: pitch))
        var scoreTile = ScoreTile(
          first_key: firstKey, keys: keyCount, pitch: pitch, soft_cap: softCap)
        unsafe attention_score_gradient(
          &rows, &scoreTile, operands.logSumExp, operands.delta, scores, scoreGradients)
        unsafe Self.multiply(
          rows: keyCount, columns: width, depth: rows.count, Rows(scores, stride: pitch),
          leftTransposed: true, Rows(outputGradients, stride: width), accumulating: true,
          into: MutableRows(valueGradient, stride: stride))
        unsafe Self.multiply(
          rows: keyCount, columns: width, depth: rows.count, Rows(scoreGradients, stride: pitch),
          leftTransposed: true, Rows(queries, stride: width), accumulating: true,
          into: MutableRows(keyGradient, stride: stride))
      }
    }
  }

  /// The queries of a span that see some of the keys at these positions.
  private func seeingQueries(of span: AttentionSpan, at positions: Range<Int>) -> Range<Int> {
    let firstPosition = Int(span.firstPosition)
    let end = min(Int(span.queryCount), positions.upperBound - 1 + window - firstPosition)
    let begin = max(0, positions.lowerBound - firstPosition)
    return begin..<max(begin, end)
  }
}
