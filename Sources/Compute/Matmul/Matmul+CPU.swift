import CArithmetic
import CBLAS

extension Device {
  /// GEMM on the CPU: our tiles if the processor supports them, else OpenBLAS.
  func multiply(
    _ shape: MatmulShape, _ x: UnsafePointer<Float>, _ weight: WeightSegment,
    addend: UnsafePointer<Float>?, _ y: UnsafeMutablePointer<Float>, on cpu: CPUEngine
  ) throws(ComputeError) {
    let matmul = unsafe Matmul(
      x: x, weight: weight.elements.host,
      bias: weight.hasBias && !shape.isBackward ? weight.bias.host : nil, addend: addend, y: y,
      rows: shape.rows, width: shape.width, inner: shape.inner, x_stride: shape.inputStride,
      y_stride: shape.outputStride, element: weight.format.code, backward: shape.isBackward,
      pairs: nil, instructions: cpu.variant.instructions)
    if shape.isContiguous, rounds(shape.precision, for: weight.format) {
      try unsafe multiplyRounded(matmul, on: cpu)
    } else if cpu.usesTiles, unsafe hasFewRows(matmul) {
      try unsafe multiplyFewRows(matmul, on: cpu)
    } else if cpu.usesTiles {
      try unsafe multiplyByTiles(matmul, on: cpu)
    } else {
      try unsafe multiplyByBLAS(matmul, weight, on: cpu)
    }
  }

  /// As `multiplyByTiles`, with x rounded to bf16 beforehand.
  private func multiplyRounded(_ matmul: Matmul, on cpu: CPUEngine) throws(ComputeError) {
    let (rows, inner) = unsafe (matmul.rows, matmul.inner)
    var scratch = try self.scratch(of: UInt32.self, count: rows * pair_count(inner))
    let pairs = unsafe scratch.mutableHost
    cpu.forEachRange(of: rows, elementsPerRow: inner) { range in
      unsafe round_pairs(range.lowerBound, range.upperBound, inner, matmul.x, pairs)
    }
    var matmul = unsafe matmul
    unsafe matmul.pairs = UnsafePointer(pairs)
    try unsafe multiplyByTiles(matmul, on: cpu)
  }

  /// Packed panels, divided over the threads; if the panels do not divide evenly, rows of a panel
  /// are divided too.
  private func multiplyByTiles(_ matmul: Matmul, on cpu: CPUEngine) throws(ComputeError) {
    let (rows, width) = unsafe (matmul.rows, matmul.width)
    // Waking a thread costs as much as some hundred thousand weights; reading a weight costs as
    // much as 16 multiplications.
    let isSmall = unsafe width * matmul.inner * (rows + 16) < 1 << 21
    let panelBytes = Int(MATMUL_PANEL_BYTES)
    var scratch = try self.scratch(of: UInt8.self, count: panelBytes * cpu.threads)
    let panels = unsafe scratch.mutableHost
    let schedule = PanelSchedule(rows: rows, width: width, threads: cpu.threads)
    unsafe withUnsafePointer(to: matmul) { matmul in
      if isSmall {
        unsafe matmul_tiles(matmul, 0, rows, 0, width, panels)
        return
      }
      // A thread takes whole panels; where its range ends within a panel, the rows of that panel
      // are divided.
      cpu.forEachPart(of: schedule.units, grain: schedule.unitsPerPanel) { units in
        let (rows, columns) = schedule.block(units)
        unsafe matmul_tiles(
          matmul, rows.lowerBound, rows.upperBound, columns.lowerBound, columns.upperBound,
          panels + CPUEngine.worker * panelBytes)
      }
    }
  }

  /// Columns of y divided over the threads, one OpenBLAS call per part. Other weights than f32 are
  /// decoded a block of rows at a time.
  private func multiplyByBLAS(
    _ matmul: Matmul, _ weight: WeightSegment, on cpu: CPUEngine
  ) throws(ComputeError) {
    let isBackward = unsafe matmul.backward
    let (rows, width, inner) = unsafe (matmul.rows, matmul.width, matmul.inner)
    let all = Partition(of: width, count: cpu.threads * 2, multiple: 64)
    cpu.forEach(all.count) { part in
      unsafe begin_matmul(
        rows, matmul.y_stride, all[part].lowerBound, all[part].upperBound, matmul.bias,
        matmul.addend, matmul.y)
    }
    let (weightRows, isWide) = (weight.rows.count, weight.format == .f32)
    let rowsAtOnce = isWide ? max(1, weightRows) : max(1, (1 << 18) / max(weight.columns, 1))
    var scratch = try self.scratch(of: Float.self, count: isWide ? 0 : rowsAtOnce * weight.columns)
    let widened = unsafe scratch.mutableHost
    for begin in stride(from: 0, to: weightRows, by: rowsAtOnce) {
      let count = min(rowsAtOnce, weightRows - begin)
      let elements = unsafe matmul.weight + weight.format.byteCount(begin * weight.columns)
      if !isWide {
        unsafe widen(elements, count, of: weight, into: widened, on: cpu)
      }
      let matrix =
        unsafe isWide ? elements.assumingMemoryBound(to: Float.self) : UnsafePointer(widened)
      // Rows of the matrix are columns of y in the forward direction, and the inner dimension in
      // the backward direction.
      let x = unsafe isBackward ? matmul.x + begin : matmul.x
      let y = unsafe isBackward ? matmul.y : matmul.y + begin
      let parts = Partition(of: isBackward ? width : count, count: cpu.threads * 2, multiple: 64)
      cpu.forEach(parts.count) { part in
        let columns = parts[part]
        let first = columns.lowerBound
        unsafe cblas_sgemm(
          CblasRowMajor, CblasNoTrans, isBackward ? CblasNoTrans : CblasTrans, Int32(rows),
          Int32(columns.count), Int32(isBackward ? count : inner), 1, x, Int32(matmul.x_stride),
          isBackward ? matrix + first : matrix + first * weight.columns, Int32(weight.columns), 1,
          y + first, Int32(matmul.y_stride))
      }
    }
  }

  /// Widens rows of a matrix to f32.
  private func widen(
    _ elements: UnsafeRawPointer, _ rows: Int, of weight: WeightSegment,
    into target: UnsafeMutablePointer<Float>, on cpu: CPUEngine
  ) {
    let columns = weight.columns
    cpu.forEachRange(of: rows, elementsPerRow: columns) { range in
      let offset = range.lowerBound * columns
      unsafe widen_weights(
        elements + weight.format.byteCount(offset), weight.format.code,
        range.count * columns, target + offset)
    }
  }
}
