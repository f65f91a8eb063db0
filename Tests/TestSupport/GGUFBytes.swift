/// The bytes of a GGUF file, put together by hand: also those of files that nobody should write.
package struct GGUFBytes {
  /// A metadata value: its type's number and its bytes.
  package struct Value {
    let type: UInt32
    let bytes: [UInt8]

    package init(type: UInt32, _ bytes: [UInt8]) {
      self.type = type
      self.bytes = bytes
    }

    package static func integer(_ value: UInt32) -> Value { Value(type: 4, little(value)) }
    package static func long(_ value: UInt64) -> Value { Value(type: 10, little(value)) }
    package static func number(_ value: Float) -> Value { Value(type: 6, little(value.bitPattern)) }
    package static func double(_ value: Double) -> Value {
      Value(type: 12, little(value.bitPattern))
    }
    package static func bool(_ value: Bool) -> Value { Value(type: 7, [value ? 1 : 0]) }
    package static func string(_ text: String) -> Value { Value(type: 8, GGUFBytes.text(text)) }

    /// An array of values of one type.
    package static func array(of type: UInt32, _ values: [Value]) -> Value {
      Value(
        type: 9, little(type) + little(UInt64(values.count)) + values.flatMap(\.bytes))
    }

    package static func strings(_ texts: [String]) -> Value {
      array(of: 8, texts.map { .string($0) })
    }
  }

  /// A line of the table with the tensor's bytes.
  package struct Tensor {
    package var name: String
    /// Innermost first.
    package var dimensions: [UInt64]
    package var type: UInt32
    package var bytes: [UInt8]
    /// Where the bytes are said to lie; nil for where they do.
    package var offset: UInt64?

    package init(
      _ name: String, _ dimensions: [UInt64], type: UInt32, _ bytes: [UInt8],
      offset: UInt64? = nil
    ) {
      self.name = name
      self.dimensions = dimensions
      self.type = type
      self.bytes = bytes
      self.offset = offset
    }

    /// A tensor of f32.
    package init(_ name: String, _ dimensions: [UInt64], _ values: [Float]) {
      self.init(name, dimensions, type: 0, values.flatMap { little($0.bitPattern) })
    }
  }

  package var magic = Array("GGUF".utf8)
  package var version: UInt32 = 3
  package var tensorCount: UInt64?
  package var valueCount: UInt64?
  package var metadata: [(key: String, value: Value)]
  package var tensors: [Tensor]
  package var alignment = 32

  package init(_ metadata: [(key: String, value: Value)] = [], tensors: [Tensor] = []) {
    self.metadata = metadata
    self.tensors = tensors
  }

  /// The file up to the data, without padding.
  package var header: [UInt8] {
    var bytes = magic + little(version)
    bytes += little(tensorCount ?? UInt64(tensors.count))
    bytes += little(valueCount ?? UInt64(metadata.count))
    for (key, value) in metadata {
      bytes += Self.text(key) + little(value.type) + value.bytes
    }
    var offset = 0
    for tensor in tensors {
      bytes += Self.text(tensor.name) + little(UInt32(tensor.dimensions.count))
      bytes += tensor.dimensions.flatMap(little)
      bytes += little(tensor.type) + little(tensor.offset ?? UInt64(offset))
      offset = padded(offset + tensor.bytes.count)
    }
    return bytes
  }

  /// The whole file.
  package var bytes: [UInt8] {
    var bytes = header
    for tensor in tensors {
      bytes += [UInt8](repeating: 0, count: padded(bytes.count) - bytes.count)
      bytes += tensor.bytes
    }
    return bytes
  }

  /// A string of the format: its length and its UTF-8.
  package static func text(_ text: String) -> [UInt8] {
    little(UInt64(text.utf8.count)) + Array(text.utf8)
  }

  private func padded(_ offset: Int) -> Int { (offset + alignment - 1) / alignment * alignment }
}

/// The bytes of an integer, the lowest first.
private func little(_ value: some FixedWidthInteger) -> [UInt8] {
  (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
}
