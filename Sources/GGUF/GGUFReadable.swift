import Files

/// A type that a metadata value can be read as.
package protocol GGUFReadable {
  /// The kind of value that is expected, for error messages: `an integer`.
  static var kindOfGGUF: String { get }

  /// Reads a value; nil where it is of another kind.
  init?(reading value: GGUFValueReader)
}

/// A metadata value with the file that holds it.
package struct GGUFValueReader {
  let value: GGUFValue
  private let mapping: MappedFile

  init(_ value: GGUFValue, _ mapping: MappedFile) {
    self.value = value
    self.mapping = mapping
  }

  /// The elements as integers of `Int`, or nil where one is no such integer.
  fileprivate func integers() -> [Int]? {
    switch value.type {
    case .u8: loaded(UInt8.self)
    case .i8: loaded(Int8.self)
    case .u16: loaded(UInt16.self)
    case .i16: loaded(Int16.self)
    case .u32: loaded(UInt32.self)
    case .i32: loaded(Int32.self)
    case .u64: loaded(UInt64.self)
    case .i64: loaded(Int64.self)
    case .f32, .f64, .bool, .string, .array: nil
    }
  }

  /// The elements as numbers; nil where they are neither integers nor floating-point numbers.
  fileprivate func numbers() -> [Double]? {
    switch value.type {
    case .f32: loaded(UInt32.self)?.map { Double(Float(bitPattern: UInt32($0))) }
    case .f64:
      bits(UInt64.self).map { Double(bitPattern: $0) }
    default: integers()?.map(Double.init)
    }
  }

  /// The elements as truth values; nil where they are none, or a byte is neither 0 nor 1.
  fileprivate func truths() -> [Bool]? {
    guard value.type == .bool else { return nil }
    let bytes = bits(UInt8.self)
    return bytes.allSatisfy { $0 < 2 } ? bytes.map { $0 == 1 } : nil
  }

  /// The elements as strings; nil where they are none, or one is not UTF-8.
  fileprivate func strings() -> [String]? {
    guard value.type == .string else { return nil }
    guard value.isArray else { return mapping.text(value.byteRange).map { [$0] } }
    var texts: [String] = []
    texts.reserveCapacity(value.count)
    var cursor = GGUFCursor(mapping, at: value.byteRange.lowerBound)
    for _ in 0..<value.count {
      // The lengths were checked when the file was opened.
      guard let range = try? cursor.string(""), let text = mapping.text(range) else { return nil }
      texts.append(text)
    }
    return texts
  }

  private func bits<Bits: FixedWidthInteger & BitwiseCopyable>(_ type: Bits.Type) -> [Bits] {
    let start = value.byteRange.lowerBound
    return (0..<value.count).map { index in
      unsafe Bits(
        littleEndian: mapping.bytes.loadUnaligned(
          fromByteOffset: start + index * MemoryLayout<Bits>.size, as: type))
    }
  }

  private func loaded<Stored: FixedWidthInteger & BitwiseCopyable>(
    _ type: Stored.Type
  ) -> [Int]? {
    var integers: [Int] = []
    integers.reserveCapacity(value.count)
    for stored in bits(type) {
      guard let integer = Int(exactly: stored) else { return nil }
      integers.append(integer)
    }
    return integers
  }

  /// The only element of a value that is no array.
  fileprivate func single<Element>(_ elements: (Self) -> () -> [Element]?) -> Element? {
    value.isArray ? nil : elements(self)()?.first
  }

  /// The elements of an array.
  fileprivate func array<Element>(_ elements: (Self) -> () -> [Element]?) -> [Element]? {
    value.isArray ? elements(self)() : nil
  }
}

extension Int: GGUFReadable {
  package static var kindOfGGUF: String { "an integer" }

  package init?(reading value: GGUFValueReader) {
    guard let integer = value.single(GGUFValueReader.integers) else { return nil }
    self = integer
  }
}

extension Double: GGUFReadable {
  package static var kindOfGGUF: String { "a number" }

  /// Reads a number of 32 or 64 bits, or an integer.
  package init?(reading value: GGUFValueReader) {
    guard let number = value.single(GGUFValueReader.numbers) else { return nil }
    self = number
  }
}

extension Bool: GGUFReadable {
  package static var kindOfGGUF: String { "true or false" }

  package init?(reading value: GGUFValueReader) {
    guard let truth = value.single(GGUFValueReader.truths) else { return nil }
    self = truth
  }
}

extension String: GGUFReadable {
  package static var kindOfGGUF: String { "a string in UTF-8" }

  package init?(reading value: GGUFValueReader) {
    guard let text = value.single(GGUFValueReader.strings) else { return nil }
    self = text
  }
}

extension Array: GGUFReadable where Element: GGUFElement {
  package static var kindOfGGUF: String { Element.kindOfGGUFArray }

  package init?(reading value: GGUFValueReader) {
    guard let elements = Element.array(reading: value) else { return nil }
    self = elements
  }
}

/// A type that the elements of a metadata array can be read as.
package protocol GGUFElement {
  /// The kind of array that is expected, for error messages.
  static var kindOfGGUFArray: String { get }

  /// Reads the elements of an array; nil where it is none, or they are of another kind.
  static func array(reading value: GGUFValueReader) -> [Self]?
}

extension Int: GGUFElement {
  package static var kindOfGGUFArray: String { "an array of integers" }

  package static func array(reading value: GGUFValueReader) -> [Int]? {
    value.array(GGUFValueReader.integers)
  }
}

extension Double: GGUFElement {
  package static var kindOfGGUFArray: String { "an array of numbers" }

  package static func array(reading value: GGUFValueReader) -> [Double]? {
    value.array(GGUFValueReader.numbers)
  }
}

extension Bool: GGUFElement {
  package static var kindOfGGUFArray: String { "an array of truth values" }

  package static func array(reading value: GGUFValueReader) -> [Bool]? {
    value.array(GGUFValueReader.truths)
  }
}

extension String: GGUFElement {
  package static var kindOfGGUFArray: String { "an array of strings in UTF-8" }

  package static func array(reading value: GGUFValueReader) -> [String]? {
    value.array(GGUFValueReader.strings)
  }
}
