import Foundation
import JSON

/// A value of a JSON file that knows where it came from, so that whoever reads it wrongly typed
/// gets an error with file and key path.
///
///     let hiddenSize: Int = try config.required("hidden_size")
///     let theta = try config.optional("rope_theta") ?? 10_000.0
///     let scaling: JSONValue? = try config.optional("rope_scaling")
package struct JSONValue: Sendable {
  /// The value itself.
  package let json: JSON

  /// The path of the file, as the caller gave it.
  package let file: String

  /// The keys and indices that lead here from the root: `rope_scaling.factor`, `layer_types[3]`;
  /// empty at the root.
  package let path: String

  /// A value at a place of a file.
  package init(_ json: JSON, file: String, path: String = "") {
    self.json = json
    self.file = file
    self.path = path
  }

  /// Reads a JSON file.
  package init(contentsOf url: URL) throws(JSONValueError) {
    let data: Data
    do {
      data = try Data(contentsOf: url)
    } catch {
      throw JSONValueError(file: url.path, path: "", problem: .unreadable(readFailure(of: url)))
    }
    try self.init(parsing: [UInt8](data), file: url.path)
  }

  /// Reads JSON text.
  package init(parsing bytes: [UInt8], file: String) throws(JSONValueError) {
    if let kind = FileKind(bytes) {
      throw JSONValueError(
        file: file, path: "", problem: .unexpected(expected: "JSON", found: kind.description))
    }
    do {
      self.init(try JSON(parsing: bytes), file: file)
    } catch {
      throw JSONValueError(file: file, path: "", problem: .syntax(error))
    }
  }

  /// The value of a key that must be there.
  ///
  /// - Throws: when this is no object, the key is absent, or its value cannot be read as `Value`.
  package func required<Value: JSONReadable>(_ key: String) throws(JSONValueError) -> Value {
    let member = try member(key)
    guard let member, let value = try Value(reading: member) else {
      throw failure(expected: Value.kindOfJSON, found: member?.json.kind ?? "nothing", at: key)
    }
    return value
  }

  /// The value of a key, or nil where the key is absent or null.
  ///
  /// - Throws: when this is no object, or the value cannot be read as `Value`.
  package func optional<Value: JSONReadable>(_ key: String) throws(JSONValueError) -> Value? {
    guard let member = try member(key), member.json != .null else { return nil }
    guard let value = try Value(reading: member) else {
      throw failure(expected: Value.kindOfJSON, found: member.json.kind, at: key)
    }
    return value
  }

  /// Whether the key is there with a value other than null.
  ///
  /// - Throws: when this is no object.
  package func has(_ key: String) throws(JSONValueError) -> Bool {
    try member(key).map { $0.json != .null } ?? false
  }

  /// The keys of an object, in the order of the file.
  ///
  /// - Throws: when this is no object.
  package func keys() throws(JSONValueError) -> [String] {
    guard case .object(let object) = json else {
      throw failure(expected: "an object", found: json.kind)
    }
    return object.keys
  }

  /// An error at this value or at one of its keys, for rules that the reader of a file states
  /// itself.
  package func failure(
    expected: String, found: String, at key: String? = nil
  ) -> JSONValueError {
    let place = key.map { path.isEmpty ? $0 : "\(path).\($0)" } ?? path
    return JSONValueError(
      file: file, path: place, problem: .unexpected(expected: expected, found: found))
  }

  private func member(_ key: String) throws(JSONValueError) -> JSONValue? {
    guard case .object(let object) = json else {
      throw failure(expected: "an object", found: json.kind)
    }
    return object[key].map {
      JSONValue($0, file: file, path: path.isEmpty ? key : "\(path).\(key)")
    }
  }
}
