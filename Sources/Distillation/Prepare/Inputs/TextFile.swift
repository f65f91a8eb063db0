import Files
import Foundation
import JSON
import Safetensors

/// Text files of users: UTF-8, with or without a byte order mark.
enum TextFile {
  /// The bytes of a file, without a byte order mark.
  static func bytes(of url: URL) throws(DistillationError) -> [UInt8] {
    let manager = FileManager.default
    guard manager.fileExists(atPath: url.path) else {
      throw .content(file: url.path, expected: "a file", found: "nothing")
    }
    if let special = SpecialFile(at: url.path) {
      throw .content(file: url.path, expected: "a file", found: special.description)
    }
    guard let data = manager.contents(atPath: url.path) else {
      throw .content(file: url.path, expected: "a file", found: "one that may not be read")
    }
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    return [UInt8](data.starts(with: mark) ? data.dropFirst(mark.count) : data)
  }

  /// The text with every line end CR LF or CR as LF, as Python reads text files.
  static func withLineFeeds(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "\r")) else { return text }
    return text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
  }

  /// Bytes as text.
  ///
  /// - Throws: when they are not UTF-8, with the line, or are a file of another kind.
  static func text(_ bytes: [UInt8], file: String) throws(DistillationError) -> String {
    if let kind = FileKind(ofText: bytes), !kind.isText, kind != .empty {
      throw .content(file: file, expected: "text in UTF-8", found: kind.description)
    }
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      if let bad = invalidByte(in: line) {
        throw .line(file: file, line: index + 1, column: bad.column, reason: bad.reason)
      }
    }
    throw .content(file: file, expected: "text in UTF-8", found: "bytes that are not")
  }

  /// The first byte of a line that is not UTF-8, counted from 1, with a likely reason; nil where
  /// all are.
  static func invalidByte(in line: ArraySlice<UInt8>) -> (column: Int, reason: String)? {
    var decoder = UTF8()
    var bytes = line.makeIterator()
    var column = 1
    while true {
      switch decoder.decode(&bytes) {
      case .scalarValue(let scalar): column += UTF8.width(scalar)
      case .emptyInput: return nil
      case .error:
        let byte = line[line.startIndex + column - 1]
        let isLetter = byte >= 0xA0
        let latin = Unicode.Scalar(byte)
        return (
          column,
          "expected text in UTF-8, found byte 0x\(String(byte, radix: 16))"
            + (isLetter
              ? ", in Latin-1 and Windows-1252 \"\(latin)\"; iconv -f WINDOWS-1252 -t UTF-8 converts it"
              : "")
        )
      }
    }
  }
}
