import Files

/// A position in the header of a mapped GGUF file; every read is checked against the file's length.
struct GGUFCursor {
  let mapping: MappedFile
  /// Bytes from the beginning of the file; at most its length.
  private(set) var offset: Int

  init(_ mapping: MappedFile, at offset: Int = 0) {
    self.mapping = mapping
    self.offset = offset
  }

  private var remaining: Int { mapping.length - offset }

  /// A little-endian integer. `place` says in an error what is read.
  mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _ place: @autoclosure () -> String
  ) throws(GGUFError.Problem) -> Value {
    let size = MemoryLayout<Value>.size
    guard size <= remaining else { throw truncated(place(), UInt64(size)) }
    let stored = unsafe mapping.bytes.loadUnaligned(fromByteOffset: offset, as: Value.self)
    offset += size
    return Value(littleEndian: stored)
  }

  /// A number of items, each of which takes at least `size` bytes of what follows.
  mutating func count(
    ofItemsOf size: Int, _ place: @autoclosure () -> String
  ) throws(GGUFError.Problem) -> Int {
    let begin = offset
    let count: UInt64 = try integer(place())
    guard count <= UInt64(remaining / size) else {
      throw .countBeyondFile(
        place: place(), count: count, at: begin, fileLength: mapping.length)
    }
    return Int(count)
  }

  /// The bytes of a string behind its length, without reading them.
  mutating func string(
    limit: Int = .max, _ place: @autoclosure () -> String
  ) throws(GGUFError.Problem) -> Range<Int> {
    let length: UInt64 = try integer(place())
    guard length <= UInt64(limit) else {
      throw .nameTooLong(place: place(), found: length, limit: limit)
    }
    guard length <= UInt64(remaining) else { throw truncated(place(), length) }
    return skip(Int(length))
  }

  /// Bytes of a fixed count, without reading them.
  mutating func bytes(
    _ count: Int, _ place: @autoclosure () -> String
  ) throws(GGUFError.Problem) -> Range<Int> {
    guard count <= remaining else { throw truncated(place(), UInt64(count)) }
    return skip(count)
  }

  private mutating func skip(_ count: Int) -> Range<Int> {
    let range = offset..<offset + count
    offset = range.upperBound
    return range
  }

  private func truncated(_ place: String, _ needed: UInt64) -> GGUFError.Problem {
    .truncated(place: place, needed: needed, at: offset, fileLength: mapping.length)
  }
}

extension MappedFile {
  /// The text of a range, or nil where it is not UTF-8.
  func text(_ range: Range<Int>) -> String? {
    unsafe String(validating: bytes[range], as: UTF8.self)
  }
}
