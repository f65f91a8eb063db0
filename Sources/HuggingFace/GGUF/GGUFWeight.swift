import Foundation
import GGUF
import Weights

/// A tensor of a GGUF file as the model's family has it: some of its rows, in the family's order.
struct GGUFWeight: Sendable {
  /// The file that holds the tensor.
  let file: GGUFFile

  /// The tensor in the file.
  let tensor: GGUFTensor

  /// The extents, outermost first.
  var shape: [Int]

  /// Where the rows lie in the file.
  var order = GGUFRowOrder.stored

  /// Added to every element: llama.cpp's converter adds 1 to the norms of some families.
  var offset: Float = 0

  /// A whole tensor.
  init(_ tensor: GGUFTensor, in file: GGUFFile) {
    self.file = file
    self.tensor = tensor
    shape = tensor.shape
  }

  private func failure(_ problem: GGUFError.Problem) -> GGUFError {
    GGUFError(file: file.path, problem: problem)
  }

  /// Checks the shape, unless any will do, and that the file still holds the tensor.
  func check(shape expected: [Int]?) throws(GGUFError) {
    if let expected, expected != shape {
      throw failure(.wrongShape(tensor: tensor.name, expected: expected, found: shape))
    }
    try file.checkLength()
  }

  /// The elements, in row-major order.
  func floats() -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(shape.reduce(1, *))
    for rows in order.runs(rowCount: storedRowCount) {
      unsafe values += tensor.format.decode(bytes(of: rows))
    }
    if offset != 0 {
      for index in values.indices { values[index] += offset }
    }
    return values
  }

  /// The rows as they are stored: in the file itself, or a copy in the family's order.
  ///
  /// - Throws: where the elements have an offset, which matrices never have.
  func stored() throws(GGUFError) -> StoredElements {
    precondition(offset == 0, "an offset needs decoded elements")
    if case .stored = order { return unsafe StoredElements(bytes(of: nil), owner: file) }
    let runs = order.runs(rowCount: storedRowCount)
    let copy = RowCopy(byteCount: runs.reduce(0) { $0 + $1.count } * rowByteCount)
    var position = 0
    for rows in runs {
      unsafe copy.write(bytes(of: rows), at: &position)
    }
    return unsafe StoredElements(copy.bytes, owner: copy)
  }

  /// Checks that no element is NaN or infinite.
  func checkFinite() throws(GGUFError) {
    let columns = columnCount
    let rowsAtOnce = max(1, (1 << 16) / columns)
    for start in stride(from: 0, to: storedRowCount, by: rowsAtOnce) {
      let rows = start..<min(start + rowsAtOnce, storedRowCount)
      let values = unsafe tensor.format.decode(bytes(of: rows))
      // The exponent bits of a sum of x - x are all set where one x is not finite.
      var sum: Float = 0
      for value in values { sum += value - value }
      if sum != 0, let element = values.firstIndex(where: { !$0.isFinite }) {
        throw failure(
          .notFinite(tensor: tensor.name, element: rows.lowerBound * columns + element))
      }
    }
  }

  /// Lets the operating system take back the memory of the tensor's mapped pages.
  func releasePages() { file.releasePages(of: tensor) }

  /// What moves as a whole: a row of a matrix, an element of a vector whose order differs.
  private var movesElements: Bool { tensor.dimensions.count < 2 && order != .stored }

  private var storedRowCount: Int { movesElements ? tensor.columnCount : tensor.rowCount }

  private var rowByteCount: Int { tensor.byteRange.count / storedRowCount }

  private var columnCount: Int { movesElements ? 1 : tensor.columnCount }

  /// Whether the tensor can have an order: its rows for the heads that are said to be there, and no
  /// blocks across elements that move.
  func fits(_ order: GGUFRowOrder) -> Bool {
    guard order != .stored else { return true }
    let isVector = tensor.dimensions.count < 2
    return (!isVector || !tensor.format.isBlocked)
      && order.fits(rowCount: isVector ? tensor.columnCount : tensor.rowCount)
  }

  /// The bytes of rows in the file; of all for nil.
  private func bytes(of rows: Range<Int>?) -> UnsafeRawBufferPointer {
    let all = unsafe file.bytes(of: tensor)
    guard let rows else { return unsafe all }
    return unsafe UnsafeRawBufferPointer(
      rebasing: all[rows.lowerBound * rowByteCount..<rows.upperBound * rowByteCount])
  }
}

/// A copy of rows at a fixed address.
@safe
private final class RowCopy {
  private let memory: UnsafeMutableRawBufferPointer

  init(byteCount: Int) {
    unsafe memory = .allocate(byteCount: byteCount, alignment: 64)
  }

  deinit { unsafe memory.deallocate() }

  var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(memory) }

  func write(_ rows: UnsafeRawBufferPointer, at position: inout Int) {
    unsafe UnsafeMutableRawBufferPointer(
      rebasing: memory[position..<position + rows.count]
    ).copyMemory(from: rows)
    position += rows.count
  }
}
