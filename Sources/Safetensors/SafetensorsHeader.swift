import JSON

/// The header of a safetensors file: reading it and checking every word of it against the file.
///
/// The format (huggingface/safetensors, README): eight bytes with the length N of the header,
/// little-endian; N bytes of JSON, which may end in spaces; then the data. The JSON maps a tensor's
/// name to `dtype`, `shape` and `data_offsets` [begin, end) counted from the beginning of the data;
/// `__metadata__` maps strings to strings. The tensors must cover the data from its first byte to
/// its last, without overlap and without holes.
struct SafetensorsHeader {
  /// The longest header that the format allows, in bytes.
  static let lengthLimit = 100_000_000

  /// The bytes before the header.
  static let prefixLength = 8

  private(set) var tensors: [String: TensorDescription] = [:]
  private(set) var metadata: [String: String] = [:]

  /// Reads and checks a header.
  ///
  /// - Parameters:
  ///   - text: the JSON, without the length in front.
  ///   - fileLength: the length of the whole file in bytes.
  init(
    text: [UInt8], fileLength: Int
  ) throws(SafetensorsError.Problem) {
    let dataStart = Self.prefixLength + text.count
    let root: JSON
    do {
      root = try JSON(parsing: text)
    } catch {
      throw .malformedHeader(reason: error.description)
    }
    guard case .object(let members) = root else {
      throw .malformedHeader(reason: "expected an object, found \(root.kind)")
    }
    for (name, value) in members.members {
      if name == "__metadata__" {
        metadata = try Self.metadata(of: value)
      } else {
        tensors[name] = try Self.tensor(named: name, of: value, dataStart: dataStart)
      }
    }
    try checkCover(dataStart: dataStart, fileLength: fileLength)
  }

  private static func metadata(
    of value: JSON
  ) throws(SafetensorsError.Problem) -> [String: String] {
    // The reader of the `safetensors` library takes null for none too.
    if case .null = value { return [:] }
    guard case .object(let members) = value else {
      throw .malformedHeader(reason: "__metadata__: expected an object, found \(value.kind)")
    }
    var metadata: [String: String] = [:]
    for (key, value) in members.members {
      guard case .string(let text) = value else {
        throw .malformedHeader(
          reason: "__metadata__, \(key): expected a string, found \(value.kind)")
      }
      metadata[key] = text
    }
    return metadata
  }

  private static func tensor(
    named name: String, of value: JSON, dataStart: Int
  ) throws(SafetensorsError.Problem) -> TensorDescription {
    guard case .object(let members) = value else {
      throw .malformedHeader(reason: "tensor \(name): expected an object, found \(value.kind)")
    }
    guard case .string(let typeName)? = members["dtype"] else {
      throw malformed(name, "dtype", expected: "a string", members["dtype"])
    }
    guard let elementType = ElementType(rawValue: typeName) else {
      throw .unknownElementType(tensor: name, found: typeName)
    }
    let shape = try sizes("shape", of: members, tensor: name)
    let offsets = try sizes("data_offsets", of: members, tensor: name)
    guard offsets.count == 2 else {
      throw malformed(name, "data_offsets", expected: "two offsets", members["data_offsets"])
    }
    let (begin, end) = (offsets[0], offsets[1])
    guard begin <= end else { throw .offsetsReversed(tensor: name, begin: begin, end: end) }
    guard let expected = byteCount(of: elementType, shape: shape) else {
      throw .sizeOverflow(tensor: name)
    }
    guard expected == end - begin else {
      throw .sizeMismatch(tensor: name, expected: expected, found: end - begin)
    }
    guard !dataStart.addingReportingOverflow(end).overflow else {
      throw .sizeOverflow(tensor: name)
    }
    return TensorDescription(
      name: name, elementType: elementType, shape: shape,
      byteRange: dataStart + begin..<dataStart + end)
  }

  /// A list of sizes, none negative.
  private static func sizes(
    _ key: String, of members: JSONObject, tensor: String
  ) throws(SafetensorsError.Problem) -> [Int] {
    guard case .array(let elements)? = members[key] else {
      throw malformed(tensor, key, expected: "an array of sizes", members[key])
    }
    var sizes: [Int] = []
    for element in elements {
      guard case .integer(let size) = element, size >= 0 else {
        throw malformed(tensor, key, expected: "sizes that are not negative", element)
      }
      sizes.append(size)
    }
    return sizes
  }

  private static func malformed(
    _ tensor: String, _ key: String, expected: String, _ found: JSON?
  ) -> SafetensorsError.Problem {
    .malformedHeader(
      reason: "tensor \(tensor), \(key): expected \(expected), found \(found?.kind ?? "nothing")")
  }

  /// Checks that the tensors cover the data exactly.
  private func checkCover(
    dataStart: Int, fileLength: Int
  ) throws(SafetensorsError.Problem) {
    let ordered = tensors.values.sorted {
      ($0.byteRange.lowerBound, $0.byteRange.upperBound, $0.name)
        < ($1.byteRange.lowerBound, $1.byteRange.upperBound, $1.name)
    }
    var end = dataStart
    var previous = ""
    for tensor in ordered {
      let begin = tensor.byteRange.lowerBound
      if begin < end {
        throw .overlap(
          tensor: tensor.name, begin: begin - dataStart, previous: previous,
          previousEnd: end - dataStart)
      }
      if begin > end {
        throw .hole(before: tensor.name, begin: end - dataStart, end: begin - dataStart)
      }
      if tensor.byteRange.upperBound > fileLength {
        throw .beyondFile(
          tensor: tensor.name, end: tensor.byteRange.upperBound - dataStart,
          dataLength: fileLength - dataStart)
      }
      end = tensor.byteRange.upperBound
      previous = tensor.name
    }
    if end < fileLength {
      throw .hole(before: nil, begin: end - dataStart, end: fileLength - dataStart)
    }
  }
}
