import Files
import JSON

/// The lines of a JSONL file, and the kind of the file where they are not one JSON object each.
struct JSONLines {
  private let bytes: [UInt8]

  /// The lines without their ends. A carriage return alone ends a line where there is no line feed.
  let lines: [ArraySlice<UInt8>]

  init(_ bytes: [UInt8]) {
    let (feed, carriageReturn) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))
    self.bytes = bytes
    lines = bytes.split(
      separator: bytes.contains(feed) ? feed : carriageReturn, omittingEmptySubsequences: false)
  }

  /// The kind of file, for "found" in a message, where its first bytes show that it is no JSON at
  /// all.
  var otherKind: String? {
    guard let kind = FileKind(bytes), kind != .empty else { return nil }
    return kind.description
  }

  /// The kind of file, for "found" in a message about a line that is no example, where the file is
  /// no text; nil where it may be one.
  var binaryKind: String? {
    guard case .binary(let place)? = FileKind(ofText: bytes) else { return nil }
    return FileKind.binary(place).description
  }

  /// The kind of the whole file, for "found" in a message, where a line is no example; nil where
  /// only the line is wrong.
  func otherForm(failingAt index: Int) -> String? {
    let isFirst = lines[..<index].allSatisfy { $0.allSatisfy(Self.isSpace) }
    guard isFirst, let first = lines[index].first(where: { !Self.isSpace($0) }) else { return nil }
    switch Unicode.Scalar(first) {
    case "[":
      // An array per line is no array of examples.
      let isOne =
        parsed(index) == nil || lines[(index + 1)...].allSatisfy { $0.allSatisfy(Self.isSpace) }
      return isOne ? "a JSON array; jq -c '.[]' writes its elements a line each" : nil
    case "{":
      // A value that ends on a later line than it begins.
      guard let leading = try? JSON.leading(bytes),
        bytes[..<leading.byteCount].dropFirst(lines[index].endIndex).contains(where: {
          !Self.isSpace($0)
        })
      else { return nil }
      return "JSON objects over several lines each; jq -c . writes them a line each"
    case "\"":
      return isTable(index) ? Self.table : encodedTwice(index)
    case "0"..."9": return isTable(index) ? Self.table : nil
    case "/", "#": return nil
    default:
      if parsed(index) != nil { return nil }
      return isTable(index)
        ? Self.table
        : "text that is no JSON; write each prompt as {\"prompt\": \"...\"}"
    }
  }

  private static let table =
    "a table, as in a CSV file; write each row as {\"prompt\": \"...\", \"completion\": \"...\"}"

  /// Whether this line and the next have the same number of columns, two or more, and this one is a
  /// list of names or quoted texts.
  private func isTable(_ index: Int) -> Bool {
    if parsed(index) != nil { return false }
    return [",", "\t", ";"].contains { (separator: Unicode.Scalar) in
      let columns = Self.columns(of: lines[index], separator)
      guard columns >= 2 else { return false }
      let next = lines.dropFirst(index + 1).first { !$0.allSatisfy(Self.isSpace) }
      return next.map { Self.columns(of: $0, separator) == columns } ?? true
    }
  }

  /// The number of fields of a table's line; separators within quotes are part of the field.
  private static func columns(of line: ArraySlice<UInt8>, _ separator: Unicode.Scalar) -> Int {
    var isQuoted = false
    var count = 1
    for byte in line {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if !isQuoted && byte == UInt8(ascii: separator) { count += 1 }
    }
    return count
  }

  private func parsed(_ index: Int) -> JSON? { try? JSON(parsing: Array(lines[index])) }

  private func encodedTwice(_ index: Int) -> String? {
    guard case .string(let text)? = parsed(index),
      case .object? = try? JSON(parsing: Array(text.utf8))
    else { return nil }
    return "strings that hold JSON: it was encoded twice; jq -c fromjson undoes one of them"
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
      || byte == UInt8(ascii: "\n")
  }
}
