extension Device {
  /// The product with a frozen matrix: y[t] = x[t] W^T + bias.
  ///
  /// - Parameters:
  ///   - x: [*, K], read from row `inputRow` on.
  ///   - weight: W [N, K] and its bias [N].
  ///   - rows: rows of x that are read and of y that are written.
  ///   - isExact: keeps x in f32 also where the device rounds activations.
  ///   - accumulating: adds to what `y` holds, as the residual stream asks for.
  ///   - y: [*, N], written or updated from row `outputRow` on.
  package func product(
    _ x: borrowing DeviceBuffer<Float>, _ weight: WeightMatrix, rows: Int, inputRow: Int = 0,
    isExact: Bool = false, accumulating: Bool = false, into y: inout DeviceBuffer<Float>,
    outputRow: Int = 0
  ) throws(ComputeError) {
    let shape = ProductShape(
      rows: rows, width: weight.rows, depth: weight.columns, inputRow: inputRow,
      outputRow: outputRow, isBackward: false, isExact: isExact, accumulating: accumulating)
    try expect("product", "x", x.count, atLeast: shape.inputCount)
    try expect("product", "y", y.count, atLeast: shape.outputCount)
    try run(shape, x, weight, &y)
  }

  /// The gradient of `product` with respect to its input: dX[t] = dY[t] W.
  ///
  /// - Parameters:
  ///   - outputGradient: [*, N], read from row `inputRow` on.
  ///   - weight: W [N, K]; its bias plays no part.
  ///   - rows: rows of `outputGradient` that are read and of `inputGradient` that are written.
  ///   - isExact: keeps `outputGradient` in f32 also where the device rounds activations.
  ///   - accumulating: adds to what `inputGradient` holds.
  ///   - inputGradient: [*, K], written or updated from row `outputRow` on.
  package func productBackward(
    _ outputGradient: borrowing DeviceBuffer<Float>, _ weight: WeightMatrix, rows: Int,
    inputRow: Int = 0, isExact: Bool = false, accumulating: Bool = false,
    into inputGradient: inout DeviceBuffer<Float>, outputRow: Int = 0
  ) throws(ComputeError) {
    let shape = ProductShape(
      rows: rows, width: weight.columns, depth: weight.rows, inputRow: inputRow,
      outputRow: outputRow, isBackward: true, isExact: isExact, accumulating: accumulating)
    try expect(
      "productBackward", "outputGradient", outputGradient.count, atLeast: shape.inputCount)
    try expect("productBackward", "inputGradient", inputGradient.count, atLeast: shape.outputCount)
    try run(shape, outputGradient, weight, &inputGradient)
  }

  private func run(
    _ shape: ProductShape, _ x: borrowing DeviceBuffer<Float>, _ weight: WeightMatrix,
    _ y: inout DeviceBuffer<Float>
  ) throws(ComputeError) {
    guard shape.rows > 0, shape.width > 0 else { return }
    switch engine {
    case .cpu(let cpu):
      let input = unsafe x.host + shape.inputRow * shape.depth
      let output = unsafe y.mutableHost + shape.outputRow * shape.width
      try unsafe multiply(shape, input, weight, output, on: cpu)
    case .opencl(let gpu) where gpu.isCPUType:
      try multiplyWide(shape, x, weight, &y, on: gpu)
    case .opencl(let gpu):
      try multiplyByTiles(shape, x, weight, &y, on: gpu)
    }
  }
}

/// One call of a product in either direction: y [rows, width] from x [rows, depth], summed over `depth`.
struct ProductShape {
  let rows: Int
  /// Columns of y: N, backward K.
  let width: Int
  /// Columns of x: K, backward N.
  let depth: Int
  let inputRow: Int
  let outputRow: Int
  let isBackward: Bool
  var isExact = false
  let accumulating: Bool

  /// The kernel's entry, which tells the two directions apart in timings.
  var entry: String { isBackward ? "product_backward" : "product" }
  /// Floats of x and of y up to the end of the last row.
  var inputCount: Int { rows > 0 ? (inputRow + rows) * depth : 0 }
  var outputCount: Int { rows > 0 ? (outputRow + rows) * width : 0 }
}
