/// Row indices on a device, such as those of a gather, with the bound that every one of them is
/// below. Indices are checked on the host before they are uploaded, and an operation compares the
/// bound with the rows of the operand that they index: no index reaches a kernel unchecked.
package struct RowIndices: ~Copyable {
  /// [capacity], of which `count` are set.
  fileprivate(set) var buffer: DeviceBuffer<Int32>
  package fileprivate(set) var count: Int
  /// The largest index plus one; 0 without indices.
  package fileprivate(set) var bound: Int

  fileprivate init(_ buffer: consuming DeviceBuffer<Int32>) {
    self.buffer = buffer
    count = 0
    bound = 0
  }

  /// The indices in host memory, for the CPU path; valid while this value lives.
  var host: UnsafePointer<Int32> { unsafe buffer.host }
  /// The indices as an operand that a kernel reads.
  var read: Read<Int32> { buffer.read }

  /// Throws `.rowIndex` if an index is not below `rows`, for commands that are replayed: their
  /// operations do not see the indices.
  package func check(_ operation: StaticString, below rows: Int) throws(ComputeError) {
    try expect(operation, "rows", self, count: count, below: rows)
  }
}

extension Device {
  /// No indices, and memory for `capacity`.
  ///
  /// - Throws: allocation errors.
  package func rowIndices(capacity: Int) throws(ComputeError) -> RowIndices {
    RowIndices(try buffer(of: Int32.self, count: capacity))
  }

  /// These indices.
  ///
  /// - Throws: `.rowIndex` for a negative index; allocation and driver errors.
  package func rowIndices(_ indices: [Int32]) throws(ComputeError) -> RowIndices {
    var rows = try rowIndices(capacity: indices.count)
    try upload(indices, into: &rows)
    return rows
  }

  /// Replaces the indices, up to the capacity of `rows`.
  ///
  /// - Throws: `.rowIndex` for a negative index, `.shape` for more than the capacity; driver
  ///   errors.
  package func upload(_ indices: [Int32], into rows: inout RowIndices) throws(ComputeError) {
    if let least = indices.min(), least < 0 {
      throw .rowIndex(operation: "upload", operand: "rows", index: Int(least), rows: nil)
    }
    try upload(indices, into: &rows.buffer)
    rows.count = indices.count
    rows.bound = indices.max().map { Int($0) + 1 } ?? 0
  }

  /// Makes `rows` 0 ..< count, if all that was ever in it are such indices. Uploads and allocates
  /// only if it never held as many.
  func countUp(to count: Int, in rows: inout RowIndices) throws(ComputeError) {
    if rows.buffer.count < count { rows = try rowIndices((0..<count).map { Int32($0) }) }
    rows.count = count
    rows.bound = count
  }

  /// Replaces the indices by `count` of `source`, from number `first`, on the device. The bound is
  /// that of all of `source`.
  func copy(
    _ source: borrowing RowIndices, from first: Int, count: Int, into rows: inout RowIndices
  ) throws(ComputeError) {
    try expect("copy", "source", source.count, Shape(first + count))
    try copy(source.buffer, from: first, into: &rows.buffer, count: count)
    rows.count = count
    rows.bound = source.bound
  }
}

/// Throws if there are fewer than `count` indices, or one of them is not a row of the operand,
/// which has `rows` rows.
@inline(__always)
func expect(
  _ operation: StaticString, _ operand: StaticString, _ indices: borrowing RowIndices, count: Int,
  below rows: Int
) throws(ComputeError) {
  if count == 0 { return }
  try expect(operation, operand, indices.count, Shape(count))
  if indices.bound > rows {
    throw .rowIndex(
      operation: "\(operation)", operand: "\(operand)", index: indices.bound - 1, rows: rows)
  }
}
