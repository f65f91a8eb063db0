import Files
import JSON

/// The metadata of a GGUF file: typed values under keys such as `general.architecture`.
///
/// Opening a file checks where every value lies; a value is decoded when it is read, so that
/// an array of 150,000 tokens costs nothing to those who do not need it.
///
///     let architecture: String = try metadata.required("general.architecture")
///     let tokens: [String] = try metadata.required("tokenizer.ggml.tokens")
///     let scale = try metadata.optional("llama.rope.scaling.factor") ?? 1.0
package struct GGUFMetadata: Sendable {
  /// The path of the file.
  package let file: String

  /// The keys in the order of the file.
  package let keys: [String]

  private let entries: [String: GGUFValue]
  private let mapping: MappedFile

  init(_ entries: [(key: String, value: GGUFValue)], mapping: MappedFile, file: String) {
    self.file = file
    self.mapping = mapping
    keys = entries.map(\.key)
    self.entries = Dictionary(entries.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
  }

  /// Whether there is a value under a key.
  package func has(_ key: String) -> Bool { entries[key] != nil }

  /// The number of elements of an array, 1 for another value, nil where the key is absent.
  package func count(of key: String) -> Int? { entries[key]?.count }

  /// Whether the value under a key is an array.
  package func isArray(_ key: String) -> Bool { entries[key]?.isArray ?? false }

  /// The value of a required key.
  ///
  /// - Throws: when the key is absent, or its value cannot be read as `Value`.
  package func required<Value: GGUFReadable>(
    _ key: String, _ type: Value.Type = Value.self
  ) throws(GGUFError) -> Value {
    guard let value: Value = try optional(key) else {
      throw failure(at: key, expected: Value.kindOfGGUF, found: "nothing")
    }
    return value
  }

  /// The value of a key, or nil where the key is absent.
  ///
  /// - Throws: when the value cannot be read as `Value`.
  package func optional<Value: GGUFReadable>(
    _ key: String, _ type: Value.Type = Value.self
  ) throws(GGUFError) -> Value? {
    guard let entry = entries[key] else { return nil }
    guard let value = Value(reading: GGUFValueReader(entry, mapping)) else {
      throw failure(at: key, expected: Value.kindOfGGUF)
    }
    return value
  }

  /// Whether another file has the same value under a key: the same bytes, or the same integer in
  /// another width.
  package func hasSame(_ key: String, as other: GGUFMetadata) -> Bool {
    guard let own = entries[key], let others = other.entries[key] else { return false }
    if own.type == others.type, own.isArray == others.isArray, own.count == others.count {
      return unsafe mapping.bytes[own.byteRange].elementsEqual(
        other.mapping.bytes[others.byteRange])
    }
    guard let integer = Int(reading: GGUFValueReader(own, mapping)) else { return false }
    return integer == Int(reading: GGUFValueReader(others, other.mapping))
  }

  /// Calls `body` with the bytes of a value as they lie in the file; not at all where the key is
  /// absent.
  package func withBytes(of key: String, _ body: (RawSpan) -> Void) {
    guard let entry = entries[key] else { return }
    let bytes = unsafe mapping.bytes.bytes.extracting(entry.byteRange)
    body(bytes)
  }

  /// An error at a key, for rules that the reader of a model states itself; `found` is what stands
  /// there where none is given.
  package func failure(
    at key: String, expected: String, found: String? = nil
  ) -> GGUFError {
    GGUFError(
      file: file,
      problem: .metadata(key: key, expected: expected, found: found ?? description(of: key)))
  }

  /// What stands at a key, in words: `the integer 3`, `an array of 12 strings`.
  package func description(of key: String) -> String {
    guard let entry = entries[key] else { return "nothing" }
    let reader = GGUFValueReader(entry, mapping)
    if entry.isArray { return "an array of \(entry.count) \(entry.type.plural)" }
    switch entry.type {
    case .string:
      guard let text = String(reading: reader) else { return "a string that is not UTF-8" }
      return "the string \"\(text.excerpt)\""
    case .bool: return Bool(reading: reader).map { $0 ? "true" : "false" } ?? "a byte above 1"
    case .f32, .f64: return "the number \(Double(reading: reader) ?? .nan)"
    case .u64:
      guard let integer = Int(reading: reader) else { return "an integer beyond 63 bits" }
      return "the integer \(integer)"
    default: return "the integer \(Int(reading: reader) ?? 0)"
    }
  }
}
