import CArithmetic

/// Division of the vocabulary for a projected teacher on the CPU path: parts run in parallel, each
/// tile by tile. Logits, softmax and the matrix multiplication with W of a tile happen while its
/// logits are in L2; no other logits are stored. This is the online softmax of attention (Milakov
/// and Gimelshein 2018, arXiv:1805.02867) with W as keys and as values.
private struct VocabularyTiles {
  let vocabulary: Int
  let width: Int
  /// Columns of a tile, so that a tile of W stays in cache.
  let columns: Int
  /// Columns of a part.
  let length: Int

  /// Maximum number of parts. Each part has its own accumulated rows, so sums do not depend on the
  /// thread count.
  private static let parts = 16
  /// Maximum rows at a time, so that a tile's logits fit in L2.
  private static let rows = 512

  init(vocabulary: Int, width: Int) {
    self.vocabulary = vocabulary
    self.width = width
    columns = width <= 640 ? 512 : 256
    let even = (vocabulary + Self.parts - 1) / Self.parts
    length = max(256, (even + 63) & ~63)
  }

  var count: Int { (vocabulary + length - 1) / length }

  /// The tiles of a part.
  func tiles(of part: Int) -> [Range<Int>] {
    let end = min((part + 1) * length, vocabulary)
    return stride(from: part * length, to: end, by: columns).map { $0..<min($0 + columns, end) }
  }

  /// Chunks of rows whose accumulated rows take at most `byteCount` bytes.
  func chunks(rows: Int, byteCount: Int) -> [Range<Int>] {
    let most = max(1, min(Self.rows, byteCount / (4 * (count * width + columns))))
    let chunks = (rows + most - 1) / most
    return (0..<chunks).map { ($0 * rows / chunks)..<(($0 + 1) * rows / chunks) }
  }
}

extension Device {
  /// `headDivergence` for a projected teacher, if the processor supports our tiles.
  func streamProjectedHead(
    _ hidden: borrowing DeviceBuffer<Float>, head: WeightMatrix, teacher: TeacherRows,
    at rowIndices: borrowing RowIndices, rows: Int, temperature: Float, weight: Float,
    precision: ActivationPrecision,
    losses: inout DeviceBuffer<Float>, hiddenGradient: inout DeviceBuffer<Float>,
    chunkBytes: Int, on cpu: CPUEngine
  ) throws(ComputeError) {
    let width = head.columns
    let tiles = VocabularyTiles(vocabulary: head.rows, width: width)
    for chunk in tiles.chunks(rows: rows, byteCount: chunkBytes) {
      let rows = chunk.count
      var accumulated = try scratch(of: Float.self, count: tiles.count * rows * width)
      var maxima = try scratch(of: Float.self, count: tiles.count * rows)
      var sums = try scratch(of: Float.self, count: tiles.count * rows)
      let parts = unsafe VocabularyParts(
        maxima: maxima.mutableHost, sums: sums.mutableHost, accumulated: accumulated.mutableHost)
      let states = unsafe hidden.host + chunk.lowerBound * width
      try unsafe accumulate(
        states, rows: rows, head, tiles, 1 / temperature, precision, parts,
        on: cpu)
      let teacher = unsafe ProjectedTeacher(
        projected: teacher.states.host, entropies: teacher.entropies.host,
        row_indices: rowIndices.host + chunk.lowerBound)
      let gradient = unsafe hiddenGradient.mutableHost + chunk.lowerBound * width
      let losses = unsafe losses.mutableHost + chunk.lowerBound
      cpu.forEachRange(of: rows, elementsPerRow: tiles.count * width) { range in
        unsafe projected_sum(
          range.lowerBound, range.upperBound, rows, width, tiles.count, parts, teacher, states,
          1 / temperature, weight / temperature, gradient, losses)
      }
    }
  }

  /// Computes all parts of the vocabulary on all threads. At precision bf16, states
  /// and exponentials are rounded.
  private func accumulate(
    _ states: UnsafePointer<Float>, rows: Int, _ head: WeightMatrix, _ tiles: VocabularyTiles,
    _ inverseTemperature: Float, _ precision: ActivationPrecision, _ parts: VocabularyParts,
    on cpu: CPUEngine
  ) throws(ComputeError) {
    let width = head.columns
    let isRounded = rounds(precision, for: head)
    let sizes = (
      panel: Int(MATMUL_PANEL_BYTES), logits: rows * tiles.columns,
      pairs: isRounded ? rows * pair_count(tiles.columns) : 0
    )
    var panels = try scratch(of: UInt8.self, count: sizes.panel * cpu.threads)
    var logits = try scratch(of: Float.self, count: sizes.logits * cpu.threads)
    var exponentialPairs = try scratch(of: UInt32.self, count: sizes.pairs * cpu.threads)
    var rounded = try scratch(of: UInt32.self, count: isRounded ? rows * pair_count(width) : 0)
    let (panelBase, logitBase) = unsafe (panels.mutableHost, logits.mutableHost)
    let (exponentialBase, statePairs) = unsafe (exponentialPairs.mutableHost, rounded.mutableHost)
    if isRounded {
      cpu.forEachRange(of: rows, elementsPerRow: width) { range in
        unsafe round_pairs(range.lowerBound, range.upperBound, width, states, statePairs)
      }
    }
    let elements = unsafe head.table.elements.host
    let instructions = cpu.variant.instructions
    let format = head.table.format
    let (element, rowBytes) = (format.code, format.byteCount(width))
    cpu.forEach(tiles.count) { index in
      let panel = unsafe panelBase + CPUEngine.worker * sizes.panel
      let logits = unsafe logitBase + CPUEngine.worker * sizes.logits
      let exponentials = unsafe exponentialBase + CPUEngine.worker * sizes.pairs
      let part = unsafe VocabularyParts(
        maxima: parts.maxima + index * rows, sums: parts.sums + index * rows,
        accumulated: parts.accumulated + index * rows * width)
      for (step, tile) in tiles.tiles(of: index).enumerated() {
        let weights = unsafe elements + tile.lowerBound * rowBytes
        var forward = unsafe Matmul(
          x: states, weight: weights, bias: nil, addend: nil, y: logits, rows: rows,
          width: tile.count, inner: width, x_stride: width, y_stride: tile.count, element: element,
          backward: false, pairs: isRounded ? UnsafePointer(statePairs) : nil,
          instructions: instructions)
        if unsafe hasFewRows(forward) {
          unsafe matmul_few_rows(&forward, 0, tile.count, panel)
        } else {
          unsafe matmul_tiles(&forward, 0, rows, 0, tile.count, panel)
        }
        unsafe projected_tile(
          rows, tile.count, width, step == 0, inverseTemperature, logits, part)
        if isRounded { unsafe round_pairs(0, rows, tile.count, logits, exponentials) }
        var backward = unsafe Matmul(
          x: logits, weight: weights, bias: nil,
          addend: step > 0 ? UnsafePointer(part.accumulated) : nil, y: part.accumulated, rows: rows,
          width: width, inner: tile.count, x_stride: tile.count, y_stride: width, element: element,
          backward: true, pairs: isRounded ? UnsafePointer(exponentials) : nil,
          instructions: instructions)
        unsafe matmul_tiles(&backward, 0, rows, 0, width, panel)
        if isRounded {
          unsafe projected_remainders(rows, tile.count, width, weights, logits, part)
        }
      }
    }
  }
}
