import Foundation

/// Text files of users: UTF-8, with or without a byte order mark.
enum TextFile {
  /// The bytes of a file, without a byte order mark.
  static func bytes(of url: URL) throws(DistillationError) -> [UInt8] {
    let manager = FileManager.default
    guard manager.fileExists(atPath: url.path) else {
      throw .content(file: url.path, expected: "a file", found: "nothing")
    }
    guard !manager.isFolder(url) else {
      throw .content(file: url.path, expected: "a file", found: "a folder")
    }
    guard let data = manager.contents(atPath: url.path) else {
      throw .content(file: url.path, expected: "a file", found: "one that may not be read")
    }
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    return [UInt8](data.starts(with: mark) ? data.dropFirst(mark.count) : data)
  }

  /// The text with every line end CR LF or CR as LF, as Python's text files are read.
  static func withLineFeeds(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "\r")) else { return text }
    return text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
  }

  /// Bytes as text.
  ///
  /// - Throws: when they are not UTF-8, with the line.
  static func text(_ bytes: [UInt8], file: String) throws(DistillationError) -> String {
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let line = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
    throw .line(
      file: file, line: line + 1, column: nil,
      reason: "expected UTF-8 text, found bytes that are not")
  }
}
