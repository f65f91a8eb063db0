extension Device {
  /// Matrix multiplication with a frozen matrix: y[t] = x[t] W^T + bias.
  ///
  /// - Parameters:
  ///   - x: [*, K], read from row `inputRow`.
  ///   - weight: W [N, K] and its bias [N].
  ///   - rows: rows of x that are read and of y that are written.
  ///   - inputRow: the first row that is read.
  ///   - precision: of x.
  ///   - y: [*, N], written from row `outputRow`.
  ///   - outputRow: the first row that is written.
  /// - Throws: `.shape` if an operand is too small; driver errors.
  package func matmul(
    _ x: borrowing DeviceBuffer<Float>, _ weight: WeightMatrix, rows: Int, inputRow: Int = 0,
    precision: ActivationPrecision = .f32, into y: inout DeviceBuffer<Float>, outputRow: Int = 0
  ) throws(ComputeError) {
    let shape = MatmulShape(
      rows: rows, width: weight.rows, inner: weight.columns, inputRow: inputRow,
      outputRow: outputRow, isBackward: false, precision: precision)
    try expect("matmul", "x", x.count, shape.input)
    try expect("matmul", "y", y.count, shape.output)
    try run(shape, x, weight, addingTo: x, &y)
  }

  /// Matrix multiplication with residual add: y[t] = residual[t] + x[t] W^T + bias.
  ///
  /// - Parameters:
  ///   - x: [rows, K], read.
  ///   - weight: W [N, K] and its bias [N].
  ///   - rows: number of rows.
  ///   - residual: [rows, N], read.
  ///   - precision: of x.
  ///   - y: [rows, N], written.
  /// - Throws: `.shape` if an operand is too small; driver errors.
  package func matmul(
    _ x: borrowing DeviceBuffer<Float>, _ weight: WeightMatrix, rows: Int,
    addingTo residual: borrowing DeviceBuffer<Float>, precision: ActivationPrecision = .f32,
    into y: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    let shape = MatmulShape(
      rows: rows, width: weight.rows, inner: weight.columns, inputRow: 0, outputRow: 0,
      isBackward: false, precision: precision, addend: .residual)
    try expect("matmul", "x", x.count, shape.input)
    try expect("matmul", "residual", residual.count, shape.output)
    try expect("matmul", "y", y.count, shape.output)
    try run(shape, x, weight, addingTo: residual, &y)
  }

  /// The gradient of `matmul` with respect to its input: dX[t] = dY[t] W.
  ///
  /// - Parameters:
  ///   - outputGradient: [*, N], read from row `inputRow`.
  ///   - weight: W [N, K]; its bias is not used.
  ///   - rows: rows of `outputGradient` that are read and of `inputGradient` that are written.
  ///   - inputRow: the first row that is read.
  ///   - precision: of `outputGradient`.
  ///   - accumulating: adds to `inputGradient`.
  ///   - inputGradient: [*, K], written or updated from row `outputRow`.
  ///   - outputRow: the first row that is written.
  /// - Throws: `.shape` if an operand is too small; driver errors.
  package func matmulBackward(
    _ outputGradient: borrowing DeviceBuffer<Float>, _ weight: WeightMatrix, rows: Int,
    inputRow: Int = 0, precision: ActivationPrecision = .f32, accumulating: Bool = false,
    into inputGradient: inout DeviceBuffer<Float>, outputRow: Int = 0
  ) throws(ComputeError) {
    let shape = MatmulShape(
      rows: rows, width: weight.columns, inner: weight.rows, inputRow: inputRow,
      outputRow: outputRow, isBackward: true, precision: precision,
      addend: accumulating ? .output : .none)
    try expect(
      "matmulBackward", "outputGradient", outputGradient.count, shape.input)
    try expect("matmulBackward", "inputGradient", inputGradient.count, shape.output)
    try run(shape, outputGradient, weight, addingTo: outputGradient, &inputGradient)
  }

  /// One multiplication per segment of W: forward each writes its columns of y, backward each adds
  /// its part of the inner dimension. `residual` is any buffer if the shape has no residual.
  private func run(
    _ shape: MatmulShape, _ x: borrowing DeviceBuffer<Float>, _ weight: WeightMatrix,
    addingTo residual: borrowing DeviceBuffer<Float>, _ y: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    guard shape.rows > 0, shape.width > 0 else { return }
    for segment in weight.segments {
      try run(shape.part(segment.rows), x, segment, addingTo: residual, &y)
    }
  }

  private func run(
    _ shape: MatmulShape, _ x: borrowing DeviceBuffer<Float>, _ weight: WeightSegment,
    addingTo residual: borrowing DeviceBuffer<Float>, _ y: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    switch engine {
    case .cpu(let cpu):
      let input = unsafe x.host + shape.inputOffset
      let output = unsafe y.mutableHost + shape.outputOffset
      let addend: UnsafePointer<Float>? =
        switch shape.addend {
        case .none: nil
        case .output: unsafe UnsafePointer(output)
        case .residual: unsafe residual.host + shape.outputOffset
        }
      try unsafe multiply(shape, input, weight, addend: addend, output, on: cpu)
    case .gpu(let gpu) where gpu.isCPUType:
      try multiplyWide(shape, x, weight, addingTo: residual, &y, on: gpu)
    case .gpu(let gpu):
      if try multiplyByLibrary(shape, x, weight, addingTo: residual, &y, on: gpu) { return }
      try multiplyByTiles(shape, x, weight, addingTo: residual, &y, on: gpu)
    }
  }
}

/// One matrix multiplication in either direction: y [rows, width] from x [rows, inner], summed over
/// `inner`.
struct MatmulShape {
  let rows: Int
  /// Columns of y: N forward, K backward.
  private(set) var width: Int
  /// Columns of x, the inner dimension: K forward, N backward.
  private(set) var inner: Int
  let inputRow: Int
  let outputRow: Int
  let isBackward: Bool
  var precision = ActivationPrecision.f32
  var addend = Addend.none
  /// Columns of the buffers of x and y, and the first of them that takes part: more than `inner`
  /// and `width` if W is a segment of a matrix.
  let inputStride: Int
  let outputStride: Int
  private(set) var inputColumn = 0
  private(set) var outputColumn = 0

  init(
    rows: Int, width: Int, inner: Int, inputRow: Int, outputRow: Int, isBackward: Bool,
    precision: ActivationPrecision = .f32, addend: Addend = .none
  ) {
    self.rows = rows
    self.width = width
    self.inner = inner
    self.inputRow = inputRow
    self.outputRow = outputRow
    self.isBackward = isBackward
    self.precision = precision
    self.addend = addend
    inputStride = inner
    outputStride = width
  }

  /// What is added to the result.
  enum Addend {
    case none
    /// The contents of y.
    case output
    /// Another buffer, laid out as y.
    case residual
  }

  /// The multiplication with a segment of W: rows `segment` of all N.
  func part(_ segment: Range<Int>) -> MatmulShape {
    var part = self
    if isBackward {
      part.inner = segment.count
      part.inputColumn = segment.lowerBound
      if segment.lowerBound > 0 { part.addend = .output }
    } else {
      part.width = segment.count
      part.outputColumn = segment.lowerBound
    }
    return part
  }

  /// The first elements of x and y that take part.
  var inputOffset: Int { inputRow * inputStride + inputColumn }
  var outputOffset: Int { outputRow * outputStride + outputColumn }
  /// Whether rows of x and y follow each other without a gap.
  var isContiguous: Bool { inputStride == inner && outputStride == width }
  /// Whether all rows of x and y begin at multiples of four elements, as many as all rows have.
  var isAligned: Bool {
    [width, inner, inputStride, outputStride, inputColumn, outputColumn].allSatisfy { $0 % 4 == 0 }
  }

  /// The kernel's entry; timings show the direction.
  var entry: String { isBackward ? "matmul_backward" : "matmul" }
  /// x and y up to the end of the last row.
  var input: Shape { rows > 0 ? Shape(inputRow + rows, inner) : Shape(0) }
  var output: Shape { rows > 0 ? Shape(outputRow + rows, width) : Shape(0) }
}
