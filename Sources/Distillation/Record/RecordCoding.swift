import Files
import Foundation
import JSON

/// Records as JSON text, with errors of one line.
enum RecordCoding {
  /// A record in sorted keys, indented.
  static func encode(
    _ record: some Encodable, isIndented: Bool = true
  ) throws(DistillationError) -> [UInt8] {
    do {
      return Array(try JSON(encoding: record).text(.record(isIndented: isIndented)).utf8)
    } catch {
      throw .content(file: "\(type(of: record))", expected: "a record", found: "\(error)")
    }
  }

  /// Records in a line each.
  static func lines(of records: [some Encodable]) throws(DistillationError) -> [UInt8] {
    var lines: [UInt8] = []
    for record in records {
      lines += try encode(record, isIndented: false) + [UInt8(ascii: "\n")]
    }
    return lines
  }

  /// A record of a file.
  ///
  /// - Throws: when the file cannot be read, is not JSON, or lacks a field, with its path.
  static func decode<Record: Decodable>(
    _ type: Record.Type, from url: URL
  ) throws(DistillationError) -> Record {
    try decode(type, from: text(of: url), source: url.path)
  }

  /// A record from each whole line of a file.
  ///
  /// - Parameter use: what they are to a run.
  /// - Throws: as `decode(_:from:)`, with the line.
  static func decodeLines<Record: Decodable>(
    _ type: Record.Type, from url: URL, as use: DamagedLine.Use = .history
  ) throws(DistillationError) -> RecordLines<Record> {
    var found = RecordLines<Record>(file: url.path)
    let lines = try text(of: url).split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() where !line.isEmpty {
      do throws(Problem) {
        found.records.append(try decode(type, Array(line), file: url.path))
      } catch {
        // A last line without its end is whole where nothing but the end is missing, and else the
        // beginning of a record or no record at all.
        if index == lines.count - 1, line.first == UInt8(ascii: "{") {
          found.cutLine = index + 1
          break
        }
        let (column, reason) = error.ofLine
        throw .damagedLine(
          DamagedLine(
            file: url.path, line: index + 1, column: column, reason: reason, use: use))
      }
    }
    return found
  }

  /// A line for the user on a last line that is cut.
  static func cutNotice(_ file: String, line: Int) -> String {
    "\(file):\(line): the last line is cut and is left out"
  }

  /// The bytes of a file of a run.
  ///
  /// - Throws: when it cannot be read, or is no ordinary file: opening a pipe would wait for its
  ///   writer.
  static func bytes(of url: URL) throws(DistillationError) -> [UInt8] {
    if let special = SpecialFile(at: url.path) {
      throw .content(file: url.path, expected: "a file", found: special.title)
    }
    guard let data = try? Data(contentsOf: url) else {
      throw .content(file: url.path, expected: "a file", found: "none that can be read")
    }
    return [UInt8](data)
  }

  /// What stands in the place of a record, for the message about it.
  static func kind(of url: URL) -> String {
    if let special = SpecialFile(at: url.path) { return special.title }
    guard let bytes = try? bytes(of: url) else { return "no file that can be read" }
    if bytes.isEmpty { return "an empty file" }
    return FileKind(bytes)?.title ?? "another text"
  }

  private static func text(of url: URL) throws(DistillationError) -> [UInt8] {
    let bytes = try bytes(of: url)
    if let kind = FileKind(bytes), kind != .empty {
      throw .content(file: url.path, expected: "records in JSON", found: found(kind))
    }
    return bytes
  }

  /// What stands in the place of a run's own file: only what a pointer of Git LFS stands for can
  /// still be that.
  static func found(_ kind: FileKind) -> String {
    kind == .gitLFSPointer ? kind.description : kind.title
  }

  /// Why a text is no record.
  private enum Problem: Error {
    case json(JSONReadingError)
    case record(expected: String, found: String)

    /// The column and the reason, for the error of a line.
    var ofLine: (column: Int?, reason: String) {
      switch self {
      case .json(let error): error.ofLine
      case .record(let expected, let found): (nil, "expected \(expected), found \(found)")
      }
    }
  }

  /// A record of a text.
  ///
  /// - Throws: as `decode(_:from:)`.
  static func decode<Record: Decodable>(
    _ type: Record.Type, from text: [UInt8], source: String
  ) throws(DistillationError) -> Record {
    do throws(Problem) { return try decode(type, text, file: source) } catch {
      switch error {
      case .json(let error): throw .json(error)
      case .record(let expected, let found):
        throw .content(file: source, expected: expected, found: found)
      }
    }
  }

  private static func decode<Record: Decodable>(
    _ type: Record.Type, _ text: [UInt8], file: String
  ) throws(Problem) -> Record {
    if text.isEmpty { throw .record(expected: "a record in JSON", found: "an empty file") }
    let json: JSON
    do { json = try JSONNode(parsing: text, file: file).json } catch { throw .json(error) }
    do {
      return try json.decode(type)
    } catch let error as DecodingError {
      throw .record(expected: error.expectation, found: error.finding)
    } catch {
      throw .record(expected: "a record of this program", found: "\(error)")
    }
  }
}
