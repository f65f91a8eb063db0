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
    try decode(type, from: Array(data(of: url)), source: url.path)
  }

  /// A record from each whole line of a file.
  ///
  /// - Throws: as `decode(_:from:)`, with the line.
  static func decodeLines<Record: Decodable>(
    _ type: Record.Type, from url: URL
  ) throws(DistillationError) -> RecordLines<Record> {
    var found = RecordLines<Record>(file: url.path)
    let lines = try data(of: url).split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() where !line.isEmpty {
      let source = "\(url.path):\(index + 1)"
      // A last line without its end is whole where nothing but the end is missing.
      if index == lines.count - 1 {
        guard let last = try? decode(type, from: Array(line), source: source) else {
          found.cutLine = index + 1
          break
        }
        found.records.append(last)
      } else {
        found.records.append(try decode(type, from: Array(line), source: source))
      }
    }
    return found
  }

  private static func data(of url: URL) throws(DistillationError) -> Data {
    guard let data = try? Data(contentsOf: url) else {
      throw .content(file: url.path, expected: "a file", found: "none that can be read")
    }
    if let kind = FileKind([UInt8](data.prefix(FileKind.prefixLength))), kind != .empty {
      throw .content(file: url.path, expected: "records in JSON", found: kind.description)
    }
    return data
  }

  /// A record of a text.
  ///
  /// - Throws: as `decode(_:from:)`.
  static func decode<Record: Decodable>(
    _ type: Record.Type, from text: [UInt8], source: String
  ) throws(DistillationError) -> Record {
    let json = try reading { () throws(JSONReadingError) in
      try JSONNode(parsing: text, file: source).json
    }
    do {
      return try json.decode(type)
    } catch let error as DecodingError {
      throw .content(file: source, expected: expectation(of: error), found: "another record")
    } catch {
      throw .content(file: source, expected: "a record of this program", found: "\(error)")
    }
  }

  /// The expected value that a decoder did not find, and its path.
  private static func expectation(of error: DecodingError) -> String {
    func location(_ path: [any CodingKey]) -> String {
      path.isEmpty ? "" : " at \(path.map(\.stringValue).joined(separator: "."))"
    }
    switch error {
    case .keyNotFound(let key, let context):
      return "the key \(key.stringValue)\(location(context.codingPath))"
    case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
      return "a value of type \(type)\(location(context.codingPath))"
    case .dataCorrupted(let context):
      return "JSON that can be read\(location(context.codingPath))"
    @unknown default:
      return "a record of this program"
    }
  }
}
