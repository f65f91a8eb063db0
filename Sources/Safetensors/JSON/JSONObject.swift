/// The members of a JSON object in the order of the file.
package struct JSONObject: Sendable {
  /// The keys in the order of the file.
  package private(set) var keys: [String] = []
  private var values: [KeyBytes: JSON] = [:]

  /// A key as its bytes: `String` takes texts for equal that Unicode calls equivalent, JSON does
  /// not.
  private struct KeyBytes: Hashable {
    private let bytes: [UInt8]

    init(_ text: String) { bytes = Array(text.utf8) }
  }

  /// An object without members.
  package init() {}

  /// The value of `key`, or nil. Assigning a new key puts it last; assigning nil removes the
  /// member.
  package subscript(key: String) -> JSON? {
    get { values[KeyBytes(key)] }
    set {
      if let newValue {
        if values.updateValue(newValue, forKey: KeyBytes(key)) == nil { keys.append(key) }
      } else if values.removeValue(forKey: KeyBytes(key)) != nil {
        keys.removeAll { KeyBytes($0) == KeyBytes(key) }
      }
    }
  }

  /// The members in the order of the file.
  package var members: [(key: String, value: JSON)] {
    keys.compactMap { key in values[KeyBytes(key)].map { (key, $0) } }
  }

  /// The number of members.
  package var count: Int { keys.count }
}

extension JSONObject: Equatable {
  /// Whether both have the same members, in any order, as JSON defines an object.
  package static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.values == right.values
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  /// An object with these members; of two equal keys the later value stays.
  package init(dictionaryLiteral elements: (String, JSON)...) {
    for (key, value) in elements { self[key] = value }
  }
}
