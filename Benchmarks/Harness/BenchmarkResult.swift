import Foundation

/// The result of an end-to-end benchmark: one JSON object, or a table.
protocol BenchmarkResult: Encodable {
  /// The lines of the table.
  var rows: [(name: String, value: String)] { get }
}

extension BenchmarkResult {
  /// Prints on standard output.
  func print(asJSON: Bool) throws {
    if asJSON {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      Swift.print(String(decoding: try encoder.encode(self), as: UTF8.self))
      return
    }
    for (name, value) in rows {
      Swift.print(name.padding(toLength: 34, withPad: " ", startingAt: 0) + value)
    }
  }
}
