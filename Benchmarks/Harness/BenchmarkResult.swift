import Files
import Foundation

/// The result of an end-to-end benchmark: one JSON object, or a table.
protocol BenchmarkResult: Encodable {
  /// The lines of the table.
  var rows: [(name: String, value: String)] { get }
}

extension BenchmarkResult {
  /// Prints on standard output.
  ///
  /// - Throws: where it cannot be written to.
  func print(asJSON: Bool) throws {
    if asJSON {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      try StandardOutput.line(String(decoding: try encoder.encode(self), as: UTF8.self))
      return
    }
    for (name, value) in rows {
      try StandardOutput.line(name.padding(toLength: 34, withPad: " ", startingAt: 0) + value)
    }
  }
}
