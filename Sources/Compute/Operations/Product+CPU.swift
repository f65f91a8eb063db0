import CArithmetic
import CBLAS

extension Device {
  /// A product on the CPU: columns of y are shared out over the threads, each piece one call of OpenBLAS.
  /// 16-bit weights are widened panel by panel.
  func multiply(
    _ shape: ProductShape, _ x: UnsafePointer<Float>, _ weight: WeightMatrix,
    _ y: UnsafeMutablePointer<Float>, on cpu: CPUEngine
  ) throws(ComputeError) {
    let bias = unsafe weight.hasBias && !shape.isBackward ? weight.bias.host : nil
    let elements = unsafe UnsafeRawPointer(weight.elements.host)
    let pieces = ColumnPieces(width: shape.width, count: cpu.threads * 2, multiple: 64)
    if weight.precision == .f32 {
      let matrix = unsafe elements.assumingMemoryBound(to: Float.self)
      cpu.forEach(pieces.count) { piece in
        let columns = pieces[piece]
        unsafe begin_product(
          shape.rows, shape.width, columns.lowerBound, columns.upperBound, bias,
          shape.accumulating, y)
        let start =
          unsafe shape.isBackward
          ? matrix + columns.lowerBound : matrix + columns.lowerBound * shape.depth
        unsafe cblas_sgemm(
          CblasRowMajor, CblasNoTrans, shape.isBackward ? CblasNoTrans : CblasTrans,
          Int32(shape.rows), Int32(columns.count), Int32(shape.depth), 1, x, Int32(shape.depth),
          start, Int32(weight.columns), 1, y + columns.lowerBound, Int32(shape.width))
      }
      return
    }
    try unsafe multiplyWidening(shape, x, weight, y, bias, on: cpu)
  }

  private func multiplyWidening(
    _ shape: ProductShape, _ x: UnsafePointer<Float>, _ weight: WeightMatrix,
    _ y: UnsafeMutablePointer<Float>, _ bias: UnsafePointer<Float>?, on cpu: CPUEngine
  ) throws(ComputeError) {
    // A panel of whole rows of W: outputs of the forward product, summands of the backward one.
    let rowsAtOnce = max(1, min(weight.rows, (1 << 18) / max(weight.columns, 1)))
    var panel = try buffer(of: Float.self, count: rowsAtOnce * weight.columns)
    let wide = unsafe panel.mutableHost
    let elements = unsafe UnsafeRawPointer(weight.elements.host)
    unsafe begin_product(
      shape.rows, shape.width, 0, shape.width, bias, shape.accumulating, y)
    for begin in stride(from: 0, to: weight.rows, by: rowsAtOnce) {
      let rows = min(rowsAtOnce, weight.rows - begin)
      let start = unsafe elements + begin * weight.columns * weight.precision.byteCount
      cpu.forEachRange(of: rows, elementsPerRow: weight.columns) { range in
        let offset = range.lowerBound * weight.columns
        unsafe widen_weights(
          start + offset * weight.precision.byteCount, weight.precision.code,
          range.count * weight.columns, wide + offset)
      }
      let width = shape.isBackward ? shape.width : rows
      let depth = shape.isBackward ? rows : shape.depth
      let pieces = ColumnPieces(width: width, count: cpu.threads * 2, multiple: 64)
      let input = unsafe shape.isBackward ? x + begin : x
      let output = unsafe shape.isBackward ? y : y + begin
      cpu.forEach(pieces.count) { piece in
        let columns = pieces[piece]
        let panelStart =
          unsafe shape.isBackward
          ? wide + columns.lowerBound : wide + columns.lowerBound * weight.columns
        unsafe cblas_sgemm(
          CblasRowMajor, CblasNoTrans, shape.isBackward ? CblasNoTrans : CblasTrans,
          Int32(shape.rows), Int32(columns.count), Int32(depth), 1, input, Int32(shape.depth),
          panelStart, Int32(weight.columns), 1, output + columns.lowerBound, Int32(shape.width))
      }
    }
  }
}

/// Columns 0 ..< width in `count` pieces or fewer, each a multiple of `multiple` wide but the last. The
/// pieces depend on sizes alone, so the same call gives the same bits.
struct ColumnPieces {
  let width: Int
  let columnsPerPiece: Int
  let count: Int

  init(width: Int, count wanted: Int, multiple: Int) {
    let units = (width + multiple - 1) / multiple
    let unitsPerPiece = (units + wanted - 1) / wanted
    self.width = width
    columnsPerPiece = max(unitsPerPiece, 1) * multiple
    count = (width + columnsPerPiece - 1) / columnsPerPiece
  }

  subscript(piece: Int) -> Range<Int> {
    (piece * columnsPerPiece)..<min((piece + 1) * columnsPerPiece, width)
  }
}
