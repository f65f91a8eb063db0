import Files
import Foundation

/// A JSON value with its file and its key path, so that an error in reading it names both.
///
///     let hiddenSize: Int = try config.required("hidden_size")
///     let theta = try config.optional("rope_theta") ?? 10_000.0
///     let scaling: JSONNode? = try config.optional("rope_scaling")
package struct JSONNode: Sendable {
  /// The value itself.
  package let json: JSON

  /// The path of the file, as the caller gave it.
  package let file: String

  /// The keys and indices from the root to the value: `rope_scaling.factor`, `layer_types[3]`;
  /// empty at the root.
  package let path: String

  /// Of a root that was made of another file's values: what in that file each key was made of.
  package let origins: [String: String]

  /// Larger files are refused before they are parsed.
  private static let fileLimit = 1 << 30

  /// A value with its file and path.
  package init(
    _ json: JSON, file: String, path: String = "", origins: [String: String] = [:]
  ) {
    self.json = json
    self.file = file
    self.path = path
    self.origins = origins
  }

  /// Reads a JSON file.
  ///
  /// - Throws: when it cannot be read, or is not JSON.
  package init(contentsOf url: URL) throws(JSONReadingError) {
    // Opening a pipe would wait for its writer, and a device may have no end.
    guard SpecialFile(at: url.path) == nil, let data = try? Data(contentsOf: url) else {
      throw JSONReadingError(file: url.path, path: "", problem: .unreadable(readFailure(of: url)))
    }
    guard data.count <= Self.fileLimit else {
      throw JSONReadingError(
        file: url.path, path: "",
        problem: .unreadable("the file is larger than \(Self.fileLimit >> 20) MiB"))
    }
    try self.init(parsing: [UInt8](data), file: url.path)
  }

  /// Reads JSON text.
  ///
  /// - Throws: when it is not JSON.
  package init(parsing bytes: [UInt8], file: String) throws(JSONReadingError) {
    if let kind = FileKind(bytes) {
      throw JSONReadingError(
        file: file, path: "", problem: .unexpected(expected: "JSON", found: kind.description))
    }
    do {
      self.init(try JSON(parsing: bytes), file: file)
    } catch {
      throw JSONReadingError(file: file, path: "", problem: .syntax(error))
    }
  }

  /// The value of a required key.
  ///
  /// - Parameters:
  ///   - key: the key.
  ///   - type: the type of the value.
  ///   - expected: the value in words, for the error.
  /// - Throws: when this is no object, the key is absent, or its value cannot be read as `Value`.
  package func required<Value: JSONReadable>(
    _ key: String, _ type: Value.Type = Value.self, expected: String = Value.kindOfJSON
  ) throws(JSONReadingError) -> Value {
    let child = try child(key)
    guard let child, let value = try Value(reading: child) else {
      throw failure(expected: expected, found: child?.json.kind ?? "nothing", at: key)
    }
    return value
  }

  /// The value of a key, or nil where the key is absent or null.
  ///
  /// - Throws: when this is no object, or the value cannot be read as `Value`.
  package func optional<Value: JSONReadable>(
    _ key: String, _ type: Value.Type = Value.self
  ) throws(JSONReadingError) -> Value? {
    guard let child = try child(key), child.json != .null else { return nil }
    guard let value = try Value(reading: child) else {
      throw failure(expected: Value.kindOfJSON, found: child.json.kind, at: key)
    }
    return value
  }

  /// The value itself as `Value`.
  ///
  /// - Throws: when it cannot be read as `Value`.
  package func read<Value: JSONReadable>(
    as type: Value.Type = Value.self
  ) throws(JSONReadingError) -> Value {
    guard let value = try Value(reading: self) else { throw failure(expected: Value.kindOfJSON) }
    return value
  }

  /// Whether the key has a value other than null.
  ///
  /// - Throws: when this is no object.
  package func has(_ key: String) throws(JSONReadingError) -> Bool {
    try child(key).map { $0.json != .null } ?? false
  }

  /// The keys of an object, in the order of the file.
  ///
  /// - Throws: when this is no object.
  package func keys() throws(JSONReadingError) -> [String] {
    try members().keys
  }

  /// The members of an object.
  ///
  /// - Throws: when this is no object.
  package func members() throws(JSONReadingError) -> JSONObject {
    guard case .object(let object) = json else { throw failure(expected: "an object") }
    return object
  }

  /// An error at this value or at one of its keys, for rules that the reader of a file states
  /// itself; `found` is the value's kind where none is given.
  package func failure(
    expected: String, found: String? = nil, at key: String? = nil
  ) -> JSONReadingError {
    JSONReadingError(
      file: file, path: key.map(path(of:)) ?? path,
      problem: .unexpected(expected: expected, found: found ?? json.kind))
  }

  /// An element of an array, with its path.
  package func element(_ json: JSON, at index: Int) -> JSONNode {
    JSONNode(json, file: file, path: "\(path)[\(index)]")
  }

  func path(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  private func child(_ key: String) throws(JSONReadingError) -> JSONNode? {
    try members()[key].map { JSONNode($0, file: file, path: path(of: key)) }
  }
}
