extension Device {
  /// The checks of a loss of rows of logits, each against a row of another operand.
  ///
  /// - Parameters:
  ///   - operation: its name.
  ///   - rowIndices: the row of the other operand for each row.
  ///   - firstIndex: where the range starts in `rowIndices`.
  ///   - otherRows: rows of the other operand.
  ///   - logits: the name of the operand with the logits, and its elements.
  ///   - losses: elements of `losses`.
  ///   - firstRow: where the range starts in `losses`.
  ///   - shape: of the logits.
  /// - Throws: `.shape` if an operand is too small; `.rowIndex` if an index is not a row of the
  ///   other operand.
  func expectLoss(
    _ operation: StaticString, _ rowIndices: borrowing RowIndices, from firstIndex: Int,
    below otherRows: Int, logits: (name: StaticString, count: Int), losses: Int, from firstRow: Int,
    _ shape: Shape
  ) throws(ComputeError) {
    try expect(
      operation, "rowIndices", rowIndices, count: firstIndex + shape.rows, below: otherRows)
    try expect(operation, logits.name, logits.count, shape)
    try expect(operation, "losses", losses, Shape(firstRow + shape.rows))
  }
}
