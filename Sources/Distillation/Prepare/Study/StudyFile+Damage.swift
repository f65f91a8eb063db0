import Foundation
import JSON

/// Lines of a study that are damaged, and what stands behind them.
extension StudyFile {
  /// Checks that each of the first lines of a file is one of a study.
  static func checkLines(
    _ bytes: [UInt8], _ count: Int, of url: URL
  ) throws(DistillationError) {
    for (index, line) in lines(bytes[...]).prefix(count).enumerated() where !line.isEmpty {
      try checkLine(line, index + 1, of: url, as: .study)
    }
  }

  /// Checks that what somebody has put behind the lines of a study that is done can be read as
  /// examples.
  func checkEnd() throws(DistillationError) {
    guard isChanged, let recorded, FileManager.default.fileExists(atPath: url.path) else { return }
    let end = try TextFile.bytes(of: url).dropFirst(recorded.progress.bytes)
    for (index, line) in Self.lines(end).enumerated() where !line.allSatisfy(\.isBlank) {
      try Self.checkLine(line, recorded.progress.lines + index + 1, of: url, as: .behindStudy)
    }
  }

  private static func lines(_ bytes: ArraySlice<UInt8>) -> [[UInt8]] {
    bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { Array($0) }
  }

  /// Checks that a line is an example.
  private static func checkLine(
    _ line: [UInt8], _ number: Int, of url: URL, as use: DamagedLine.Use
  ) throws(DistillationError) {
    do throws(JSONReadingError) {
      _ = try ExampleLine(JSONNode(parsing: line, file: url.path))
    } catch {
      let (column, reason) = error.ofLine
      throw .damagedLine(
        DamagedLine(file: url.path, line: number, column: column, reason: reason, use: use))
    }
  }
}
