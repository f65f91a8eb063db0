import Files
import Foundation
import JSON

/// Writes a safetensors file whose name only ever leads to a complete one (`AtomicFile`).
///
///     var writer = try SafetensorsWriter(to: url, tensors: [("logits", .f32, [rows, vocabulary])])
///     for chunk in chunks { try writer.append(chunk) }
///     try writer.finish()
package struct SafetensorsWriter: ~Copyable {
  private var file: AtomicFile
  private let dataLength: Int
  private var written: Int

  /// Opens the temporary file and writes the header.
  ///
  /// - Parameters:
  ///   - url: the path of the finished file; its folder exists.
  ///   - tensors: names, element types and shapes in the order in which ``append(_:)`` will bring
  ///     the data.
  ///     Beginning with the widest elements keeps every tensor aligned.
  ///   - metadata: written as `__metadata__`, where not empty.
  /// - Throws: when the system refuses, or the tensors are more than can be counted.
  package init(
    to url: URL, tensors: [(name: String, elementType: ElementType, shape: [Int])],
    metadata: [String: String] = [:]
  ) throws(SafetensorsError) {
    let header: [UInt8]
    let length: Int
    do throws(SafetensorsError.Problem) {
      (header, length) = try Self.header(tensors, metadata)
    } catch {
      throw SafetensorsError(file: url.path, problem: error)
    }
    let file = try Self.begin(url, header)
    self.file = file
    dataLength = length
    written = 0
  }

  private static func begin(_ url: URL, _ header: [UInt8]) throws(SafetensorsError) -> AtomicFile {
    do throws(FileError) {
      var file = try AtomicFile(replacing: url)
      try unsafe file.append(header.span.bytes)
      return file
    } catch {
      throw SafetensorsError(error)
    }
  }

  /// Appends data of the announced tensors: row-major, little-endian, in pieces of any size.
  ///
  /// - Throws: `.wrongByteCount` for more data than were announced; when the system refuses.
  package mutating func append(_ bytes: RawSpan) throws(SafetensorsError) {
    let (end, overflow) = written.addingReportingOverflow(bytes.byteCount)
    if overflow || end > dataLength { throw wrongByteCount(found: end) }
    do throws(FileError) {
      try file.append(bytes)
    } catch {
      throw SafetensorsError(error)
    }
    written = end
  }

  /// Brings the file to the disk and gives it its name.
  ///
  /// - Throws: when data is missing, or the system refuses; the name then leads to what it led to
  ///   before.
  package consuming func finish() throws(SafetensorsError) {
    if written != dataLength { throw wrongByteCount(found: written) }
    do throws(FileError) {
      try file.finish()
    } catch {
      throw SafetensorsError(error)
    }
  }

  private func wrongByteCount(found: Int) -> SafetensorsError {
    SafetensorsError(
      file: file.path, problem: .wrongByteCount(expected: dataLength, found: found))
  }

  /// The length and the JSON, padded with spaces so that the data begins at a multiple of 8 bytes.
  static func header(
    _ tensors: [(name: String, elementType: ElementType, shape: [Int])],
    _ metadata: [String: String]
  ) throws(SafetensorsError.Problem) -> (bytes: [UInt8], dataLength: Int) {
    var members = JSONObject()
    if !metadata.isEmpty {
      var object = JSONObject()
      for key in metadata.keys.sorted() { object[key] = metadata[key].map(JSON.string) }
      members["__metadata__"] = .object(object)
    }
    var offset = 0
    for tensor in tensors {
      guard members[tensor.name] == nil else {
        throw .malformedHeader(reason: "expected each tensor once, found \(tensor.name) twice")
      }
      guard let length = byteCount(of: tensor.elementType, shape: tensor.shape),
        case let (end, overflow) = offset.addingReportingOverflow(length), !overflow
      else { throw .sizeOverflow(tensor: tensor.name) }
      members[tensor.name] = .object([
        "dtype": .string(tensor.elementType.rawValue),
        "shape": .array(tensor.shape.map(JSON.integer)),
        "data_offsets": .array([.integer(offset), .integer(end)]),
      ])
      offset = end
    }
    var text = Array(JSON.object(members).text(.compact).utf8)
    text += [UInt8](repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
    let length = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
    return (length + text, offset)
  }
}
