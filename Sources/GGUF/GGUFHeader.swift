import Files
import JSON
import Weights

/// The header of a GGUF file: reading it and checking every word of it against the file.
///
/// The format (ggml, docs/gguf.md): `GGUF`, the version, the count of tensors, the count of
/// metadata values; the values, each a key, a type and its bytes; the tensors, each a name, its
/// extents (innermost first), a type and an offset from the beginning of the data, which begins at
/// the next multiple of `general.alignment`. A string is a length and UTF-8. Numbers are
/// little-endian, and may stand at any address.
struct GGUFHeader {
  private(set) var version: UInt32 = 0
  private(set) var alignment = 32
  private(set) var metadata: GGUFMetadata
  private(set) var tensors: [GGUFTensor] = []
  /// Where the data begin, in bytes from the beginning of the file.
  private(set) var dataStart = 0

  /// The longest key, in bytes, as the format says.
  static let keyLimit = 65_535
  /// The longest name of a tensor, in bytes (`GGML_MAX_NAME`).
  static let nameLimit = 64
  /// The most dimensions of a tensor (`GGML_MAX_DIMS`).
  static let dimensionLimit = 4

  /// Reads and checks the header of a mapped file.
  ///
  /// - Parameters:
  ///   - mapping: the file.
  ///   - path: its path, for later errors of the metadata.
  init(of mapping: MappedFile, path: String) throws(GGUFError.Problem) {
    var cursor = GGUFCursor(mapping)
    version = try Self.version(from: &cursor)
    // A tensor takes the lengths of its name and extents, a type and an offset at least; a value a
    // key's length, a type and a byte.
    let tensorCount = try cursor.count(ofItemsOf: 24, "count of tensors")
    let valueCount = try cursor.count(ofItemsOf: 13, "count of metadata values")
    metadata = GGUFMetadata(
      try Self.values(valueCount, from: &cursor), mapping: mapping, file: path)
    alignment = try Self.alignment(metadata)
    let entries = try Self.table(tensorCount, from: &cursor)
    let (padded, overflow) = cursor.offset.addingReportingOverflow(alignment - 1)
    dataStart = overflow ? mapping.length : padded / alignment * alignment
    var names: Set<String> = []
    for entry in entries {
      guard names.insert(entry.name).inserted else { throw .duplicateTensor(entry.name) }
      tensors.append(try tensor(entry, fileLength: mapping.length))
    }
    try checkOverlap()
  }

  private static func version(
    from cursor: inout GGUFCursor
  ) throws(GGUFError.Problem) -> UInt32 {
    _ = try cursor.bytes(4, "magic number")
    let version: UInt32 = try cursor.integer("version")
    // Small numbers in the other byte order have a low half of zeros.
    if version != 0 && version & 0xFFFF == 0 { throw .bigEndian }
    guard version == 2 || version == 3 else { throw .otherVersion(version) }
    return version
  }

  private static func values(
    _ count: Int, from cursor: inout GGUFCursor
  ) throws(GGUFError.Problem) -> [(key: String, value: GGUFValue)] {
    var values: [(key: String, value: GGUFValue)] = []
    var keys: Set<String> = []
    for index in 0..<count {
      let place = "key \(index + 1) of the metadata"
      let range = try cursor.string(limit: keyLimit, place)
      guard let key = cursor.mapping.text(range) else { throw .notUTF8(place: place) }
      guard keys.insert(key).inserted else { throw .duplicateKey(key) }
      values.append((key, try value(of: key, from: &cursor)))
    }
    return values
  }

  private static func value(
    of key: String, from cursor: inout GGUFCursor
  ) throws(GGUFError.Problem) -> GGUFValue {
    var place: String { "metadata \(key.excerpt)" }
    var type = try valueType(of: key, from: &cursor)
    guard type == .array else {
      let range =
        if let size = type.byteCount { try cursor.bytes(size, place) } else {
          try cursor.string(place)
        }
      return GGUFValue(type: type, isArray: false, count: 1, byteRange: range)
    }
    type = try valueType(of: key, from: &cursor)
    if type == .array { throw .nestedArray(key: key) }
    let count = try cursor.count(ofItemsOf: type.byteCount ?? 8, place)
    let begin = cursor.offset
    if let size = type.byteCount {
      _ = try cursor.bytes(count * size, place)
    } else {
      for _ in 0..<count { _ = try cursor.string(place) }
    }
    return GGUFValue(type: type, isArray: true, count: count, byteRange: begin..<cursor.offset)
  }

  private static func valueType(
    of key: String, from cursor: inout GGUFCursor
  ) throws(GGUFError.Problem) -> GGUFValueType {
    let number: UInt32 = try cursor.integer("metadata \(key.excerpt)")
    guard let type = GGUFValueType(rawValue: number) else {
      throw .unknownValueType(key: key, found: number)
    }
    return type
  }

  private static func alignment(_ metadata: GGUFMetadata) throws(GGUFError.Problem) -> Int {
    let key = "general.alignment"
    do throws(GGUFError) {
      let alignment = try metadata.optional(key) ?? 32
      guard alignment > 0, alignment & (alignment - 1) == 0 else {
        throw metadata.failure(at: key, expected: "a power of two")
      }
      return alignment
    } catch { throw error.problem }
  }
}

/// The table of tensors.
extension GGUFHeader {
  /// A line of the table, as it stands in the file.
  private struct Entry {
    let name: String
    let dimensions: [UInt64]
    let type: UInt32
    let offset: UInt64
  }

  private static func table(
    _ count: Int, from cursor: inout GGUFCursor
  ) throws(GGUFError.Problem) -> [Entry] {
    var entries: [Entry] = []
    for index in 0..<count {
      let place = "tensor \(index + 1) of the table"
      let range = try cursor.string(limit: nameLimit, place)
      guard let name = cursor.mapping.text(range) else { throw .notUTF8(place: place) }
      let dimensionCount: UInt32 = try cursor.integer("tensor \(name)")
      guard dimensionCount <= dimensionLimit else {
        throw .badShape(
          tensor: name, expected: "at most \(dimensionLimit) dimensions", found: "\(dimensionCount)"
        )
      }
      var dimensions: [UInt64] = []
      for _ in 0..<dimensionCount { dimensions.append(try cursor.integer("tensor \(name)")) }
      entries.append(
        Entry(
          name: name, dimensions: dimensions, type: try cursor.integer("tensor \(name)"),
          offset: try cursor.integer("tensor \(name)")))
    }
    return entries
  }

  private func tensor(
    _ entry: Entry, fileLength: Int
  ) throws(GGUFError.Problem) -> GGUFTensor {
    let name = entry.name
    guard let format = WeightFormat(ggmlType: entry.type) else {
      throw .unknownTensorType(tensor: name, found: WeightFormat.name(ofOther: entry.type))
    }
    var dimensions: [Int] = []
    var elements = 1
    for extent in entry.dimensions {
      guard let extent = Int(exactly: extent) else { throw .sizeOverflow(tensor: name) }
      guard extent > 0 else {
        throw .badShape(tensor: name, expected: "sizes above 0", found: "\(entry.dimensions)")
      }
      let (product, overflow) = elements.multipliedReportingOverflow(by: extent)
      if overflow { throw .sizeOverflow(tensor: name) }
      dimensions.append(extent)
      elements = product
    }
    let columns = dimensions.first ?? 1
    guard format.fits(columns: columns) else {
      throw .partialBlock(tensor: name, columns: columns, type: format)
    }
    let (bytes, overflow) = (elements / format.blockElements)
      .multipliedReportingOverflow(by: format.blockBytes)
    guard !overflow, let offset = Int(exactly: entry.offset) else {
      throw .sizeOverflow(tensor: name)
    }
    guard offset % alignment == 0 else {
      throw .misaligned(tensor: name, offset: entry.offset, alignment: alignment)
    }
    let (end, endOverflow) = offset.addingReportingOverflow(bytes)
    if endOverflow { throw .sizeOverflow(tensor: name) }
    let dataLength = max(0, fileLength - dataStart)
    guard end <= dataLength else {
      throw .beyondFile(tensor: name, end: end, dataLength: dataLength)
    }
    return GGUFTensor(
      name: name, format: format, dimensions: dimensions,
      byteRange: dataStart + offset..<dataStart + end)
  }

  private func checkOverlap() throws(GGUFError.Problem) {
    let ordered = tensors.sorted {
      ($0.byteRange.lowerBound, $0.name) < ($1.byteRange.lowerBound, $1.name)
    }
    for (previous, tensor) in zip(ordered, ordered.dropFirst())
    where tensor.byteRange.lowerBound < previous.byteRange.upperBound {
      throw .overlap(
        tensor: tensor.name, begin: tensor.byteRange.lowerBound - dataStart,
        previous: previous.name, previousEnd: previous.byteRange.upperBound - dataStart)
    }
  }
}
