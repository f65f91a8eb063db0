/// Sizes, inputs and reference of gatherRows and scatterRows, for their test and their benchmark.
package struct RowGatherWorkload {
  package let count: Int
  package let width: Int
  /// Rows of `table`.
  package let tableRows: Int
  package let table: [Float]
  package let source: [Float]
  /// Distinct rows of `table`, in no order.
  package let rows: [Int32]

  package init(count: Int, width: Int, using generator: inout SeededGenerator) {
    self.count = count
    self.width = width
    tableRows = 2 * count + 1
    table = generator.floats(tableRows * width)
    source = generator.floats(count * width)
    rows = Array((0..<Int32(tableRows)).shuffled(using: &generator).prefix(count))
  }

  /// Bytes that must move: every row is read and written.
  package var bytes: Int { 2 * count * width * 4 }
  /// Bytes that must move where rows are added: two are read, one is written.
  package var accumulatingBytes: Int { 3 * count * width * 4 }

  package func gathered() -> [Float] {
    rows.flatMap { row in table[(Int(row) * width)..<((Int(row) + 1) * width)] }
  }

  /// `table` after the rows of `source` were scattered to their row indices.
  package func scattered(accumulating: Bool) -> [Float] {
    var result = table
    for (index, row) in rows.enumerated() {
      for e in 0..<width {
        let place = Int(row) * width + e
        result[place] = source[index * width + e] + (accumulating ? result[place] : 0)
      }
    }
    return result
  }
}
