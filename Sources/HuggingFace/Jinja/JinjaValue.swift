import Safetensors

/// A value of a template: the Python values that templates meet. All of them are immutable, as in the sandbox that
/// transformers renders in; only a namespace changes.
enum JinjaValue {
  /// A name or an attribute that is not there; the text says which, for the error of whoever needs it.
  case undefined(String)
  case none
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case list([JinjaValue])
  case tuple([JinjaValue])
  case dictionary(JinjaDictionary)
  case object(any JinjaObject)
}

/// A value with identity: a namespace, a loop, a macro, a function.
protocol JinjaObject: AnyObject {
  /// What Python calls the type of the value.
  var typeName: String { get }

  /// The value of an attribute, or nil where there is none of that name.
  func attribute(_ name: String) -> JinjaValue?

  /// Calls the value, or returns nil where it cannot be called.
  func call(
    _ arguments: JinjaArguments, _ evaluator: JinjaEvaluator
  ) throws(JinjaError) -> JinjaValue?

  /// Whether ``call(_:_:)`` does something.
  var isCallable: Bool { get }
}

extension JinjaObject {
  func attribute(_ name: String) -> JinjaValue? { nil }

  func call(
    _ arguments: JinjaArguments, _ evaluator: JinjaEvaluator
  ) throws(JinjaError) -> JinjaValue? { nil }

  var isCallable: Bool { false }
}

/// A dictionary that keeps the order of its keys.
struct JinjaDictionary {
  /// What can be a key.
  enum Key: Hashable {
    case none
    case integer(Int)
    case number(Double)
    /// The scalars of a string: Python tells apart what is canonically equivalent.
    case string([Unicode.Scalar])
    case tuple([Key])
  }

  private(set) var keys: [JinjaValue] = []
  private(set) var values: [JinjaValue] = []
  private var places: [Key: Int] = [:]

  init() {}

  var count: Int { keys.count }

  /// The value of a key.
  ///
  /// - Throws: when the key is of a type that cannot be one.
  func value(of key: JinjaValue) throws(JinjaError) -> JinjaValue? {
    places[try key.key()].map { values[$0] }
  }

  /// Gives a key its value; a new key comes last.
  mutating func set(_ value: JinjaValue, for key: JinjaValue) throws(JinjaError) {
    let place = try key.key()
    if let index = places[place] {
      values[index] = value
    } else {
      places[place] = keys.count
      keys.append(key)
      values.append(value)
    }
  }

  /// The value of a key that is text.
  subscript(name: String) -> JinjaValue? {
    places[.string(Array(name.unicodeScalars))].map { values[$0] }
  }

  /// The members in their order.
  var members: [(key: JinjaValue, value: JinjaValue)] { Array(zip(keys, values)).map { ($0, $1) } }
}

extension JinjaValue {
  /// The value as a key. `True` and `1` are the same key, as in Python.
  fileprivate func key() throws(JinjaError) -> JinjaDictionary.Key {
    switch self {
    case .none: return .none
    case .bool(let value): return .integer(value ? 1 : 0)
    case .integer(let value): return .integer(value)
    case .number(let value): return Int(exactly: value).map { .integer($0) } ?? .number(value)
    case .string(let text): return .string(Array(text.unicodeScalars))
    case .tuple(let elements):
      var keys: [JinjaDictionary.Key] = []
      for element in elements { keys.append(try element.key()) }
      return .tuple(keys)
    case .undefined(let reason): throw JinjaError(reason)
    case .list, .dictionary, .object: throw JinjaError("unhashable type: '\(typeName)'")
    }
  }

  /// What Python calls the type.
  var typeName: String {
    switch self {
    case .undefined: "Undefined"
    case .none: "NoneType"
    case .bool: "bool"
    case .integer: "int"
    case .number: "float"
    case .string: "str"
    case .list: "list"
    case .tuple: "tuple"
    case .dictionary: "dict"
    case .object(let object): object.typeName
    }
  }

  /// Whether an `if` takes the value for true.
  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .bool(let value): value
    case .integer(let value): value != 0
    case .number(let value): value != 0
    case .string(let text): !text.isEmpty
    case .list(let elements), .tuple(let elements): !elements.isEmpty
    case .dictionary(let dictionary): dictionary.count > 0
    case .object: true
    }
  }

  /// A value of JSON.
  init(_ json: JSON) {
    switch json {
    case .null: self = .none
    case .bool(let value): self = .bool(value)
    case .integer(let value): self = .integer(value)
    case .number(let value): self = .number(value)
    case .string(let text): self = .string(text)
    case .array(let elements): self = .list(elements.map { JinjaValue($0) })
    case .object(let object):
      var dictionary = JinjaDictionary()
      for (key, value) in object.members {
        // A text can always be a key.
        try? dictionary.set(JinjaValue(value), for: .string(key))
      }
      self = .dictionary(dictionary)
    }
  }

  /// The value as JSON.
  ///
  /// - Throws: where Python's `json` refuses: an undefined value, an object, a key that is no plain value.
  func json() throws(JinjaError) -> JSON {
    switch self {
    case .none: return .null
    case .bool(let value): return .bool(value)
    case .integer(let value): return .integer(value)
    case .number(let value): return .number(value)
    case .string(let text): return .string(text)
    case .list(let elements), .tuple(let elements):
      var array: [JSON] = []
      for element in elements { array.append(try element.json()) }
      return .array(array)
    case .dictionary(let dictionary):
      var object = JSONObject()
      for (key, value) in dictionary.members { object[try key.jsonKey()] = try value.json() }
      return .object(object)
    case .undefined(let reason): throw JinjaError(reason)
    case .object(let object): throw JinjaError("\(object.typeName) cannot be written as JSON")
    }
  }

  private func jsonKey() throws(JinjaError) -> String {
    switch self {
    case .string(let text): return text
    case .none, .bool, .integer, .number: return try json().text()
    default: throw JinjaError("\(typeName) cannot be a key in JSON")
    }
  }
}
