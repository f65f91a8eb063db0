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
    for (number, line) in Self.linesBehind(try TextFile.bytes(of: url), recorded.progress) {
      try Self.checkLine(line, number, of: url, as: .behindStudy)
    }
  }

  /// The first line behind those of a study that is done, which a run with it was not started with;
  /// nil where nothing is there.
  static func lineBehind(_ url: URL) -> DamagedLine? {
    guard let progress = recorded(for: url)?.progress, let bytes = try? TextFile.bytes(of: url),
      begins(bytes, progress), let (number, _) = linesBehind(bytes, progress).first
    else { return nil }
    return DamagedLine(
      file: url.path, line: number, column: nil,
      reason: "expected the \(Counted(progress.lines, "line")) of its study alone, with which the "
        + "run was started, found another behind them", use: .behindStudy)
  }

  /// The lines behind those of a study, but for blank ones, with their numbers.
  private static func linesBehind(
    _ bytes: [UInt8], _ progress: StudyRecord.Progress
  ) -> [(number: Int, line: [UInt8])] {
    lines(bytes.dropFirst(progress.bytes)).enumerated()
      .filter { !$0.element.allSatisfy(\.isBlank) }
      .map { (progress.lines + $0.offset + 1, $0.element) }
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
