import Files
import Foundation

extension SafetensorsWriter {
  /// Writes tensors that are in memory, the widest elements first and then by name, as the Python
  /// library orders them.
  ///
  /// - Throws: when the system refuses; an earlier file of this name is then unchanged.
  package static func write(
    _ tensors: [(name: String, elementType: ElementType, shape: [Int], bytes: [UInt8])],
    metadata: [String: String] = [:], to url: URL
  ) throws(SafetensorsError) {
    let ordered = tensors.sorted {
      ($1.elementType.byteCount, $0.name) < ($0.elementType.byteCount, $1.name)
    }
    var writer = try SafetensorsWriter(
      to: url, tensors: ordered.map { ($0.name, $0.elementType, $0.shape) }, metadata: metadata)
    for tensor in ordered {
      try check(tensor.name, tensor.elementType, tensor.shape, tensor.bytes.count, url)
      try unsafe writer.append(tensor.bytes.span.bytes)
    }
    try writer.finish()
  }

  /// Writes tensors of `Float` as F32, in the order of their names.
  ///
  /// - Throws: when the system refuses; an earlier file of this name is then unchanged.
  package static func write(
    _ tensors: [(name: String, shape: [Int], elements: [Float])],
    metadata: [String: String] = [:], to url: URL
  ) throws(SafetensorsError) {
    let ordered = tensors.sorted { $0.name < $1.name }
    var writer = try SafetensorsWriter(
      to: url, tensors: ordered.map { ($0.name, .f32, $0.shape) }, metadata: metadata)
    for tensor in ordered {
      try check(tensor.name, .f32, tensor.shape, 4 * tensor.elements.count, url)
      // Memory has the file's byte order on every platform that Pith runs on.
      try unsafe writer.append(tensor.elements.span.bytes)
    }
    try writer.finish()
  }

  /// The SHA-256, in 64 hexadecimal digits, of the file that `write` makes of them.
  ///
  /// - Throws: as that, before anything is written.
  package static func digest(
    of tensors: [(name: String, shape: [Int], elements: [Float])], metadata: [String: String] = [:],
    for url: URL
  ) throws(SafetensorsError) -> String {
    let ordered = tensors.sorted { $0.name < $1.name }
    let header: [UInt8]
    do throws(SafetensorsError.Problem) {
      header = try Self.header(ordered.map { ($0.name, .f32, $0.shape) }, metadata).bytes
    } catch {
      throw SafetensorsError(file: url.path, problem: error)
    }
    var hash = SHA256()
    hash.update(header.span)
    for tensor in ordered { unsafe hash.update(tensor.elements.span.bytes) }
    return SHA256.hexadecimal(hash.finish())
  }

  private static func check(
    _ name: String, _ elementType: ElementType, _ shape: [Int], _ found: Int, _ url: URL
  ) throws(SafetensorsError) {
    guard let expected = byteCount(of: elementType, shape: shape) else {
      throw SafetensorsError(file: url.path, problem: .sizeOverflow(tensor: name))
    }
    if expected != found {
      throw SafetensorsError(
        file: url.path,
        problem: .sizeMismatch(tensor: name, expected: expected, found: found))
    }
  }
}
