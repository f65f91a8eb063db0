/// A JSON value. Integers stay exact, and objects keep the order of the file.
///
/// Foundation's decoder offers neither, and it lets the last of two equal keys win in silence,
/// where the safetensors format forbids them.
package indirect enum JSON: Sendable, Equatable {
  case null
  case bool(Bool)
  /// A number without fraction and exponent that fits an `Int`.
  case integer(Int)
  /// Every other number.
  case number(Double)
  case string(String)
  case array([JSON])
  case object(JSONObject)
}

/// The members of a JSON object in the order of the file.
package struct JSONObject: Sendable {
  /// The keys in the order of the file.
  package private(set) var keys: [String] = []
  private var values: [String: JSON] = [:]

  /// An object without members.
  package init() {}

  /// The value of `key`, or nil. Assigning a new key puts it last; assigning nil removes the
  /// member.
  package subscript(key: String) -> JSON? {
    get { values[key] }
    set {
      if let newValue {
        if values.updateValue(newValue, forKey: key) == nil { keys.append(key) }
      } else if values.removeValue(forKey: key) != nil {
        keys.removeAll { $0 == key }
      }
    }
  }

  /// The members in the order of the file.
  package var members: [(key: String, value: JSON)] {
    keys.compactMap { key in values[key].map { (key, $0) } }
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

extension JSON {
  /// What the value is, in the words of an error message: `a string`, `an object` and so on.
  package var kind: String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .integer(let value): "the integer \(value)"
    case .number(let value): "the number \(value)"
    case .string(let value): "the string \"\(value.prefix(60))\(value.count > 60 ? "..." : "")\""
    case .array: "an array"
    case .object: "an object"
    }
  }
}
