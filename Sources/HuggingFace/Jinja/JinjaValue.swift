/// A value of a template: the Python values that templates meet. All of them are immutable, as in
/// the sandbox that transformers renders in; only a namespace changes.
enum JinjaValue {
  /// A name or an attribute that is not there; the text says which, for the error of whoever needs
  /// it.
  case undefined(String)
  case none
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case list(JinjaSequence)
  case tuple(JinjaSequence)
  case dictionary(JinjaDictionary)
  case object(any JinjaObject)

  /// A list of these elements.
  static func list(_ elements: [JinjaValue]) -> JinjaValue { .list(JinjaSequence(elements)) }

  /// A tuple of these elements.
  static func tuple(_ elements: [JinjaValue]) -> JinjaValue { .tuple(JinjaSequence(elements)) }
}

extension JinjaValue {
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
    case .list(let sequence), .tuple(let sequence): !sequence.elements.isEmpty
    case .dictionary(let dictionary): dictionary.count > 0
    case .object: true
    }
  }

  /// Containers within one another; 0 for what holds no values.
  var depth: Int {
    switch self {
    case .list(let sequence), .tuple(let sequence): sequence.depth
    case .dictionary(let dictionary): dictionary.depth
    case .object(let object): object.depth
    case .undefined, .none, .bool, .integer, .number, .string: 0
    }
  }

  /// Bytes of the value itself, without what its elements hold elsewhere.
  var size: Int {
    switch self {
    case .undefined(let text), .string(let text): text.utf8.count
    case .list(let sequence), .tuple(let sequence):
      Self.sizeOfElement * sequence.elements.count
    case .dictionary(let dictionary): JinjaDictionary.sizeOfMember * dictionary.count
    case .object(let object): object.size
    case .none, .bool, .integer, .number: 0
    }
  }

  /// Bytes of an element in an array.
  static let sizeOfElement = MemoryLayout<JinjaValue>.stride

  /// Bytes of the value with everything in it, as of a variable that comes from JSON.
  var wholeSize: Int {
    switch self {
    case .list(let sequence), .tuple(let sequence):
      sequence.elements.reduce(size) { $0 + $1.wholeSize }
    case .dictionary(let dictionary): dictionary.values.reduce(size) { $0 + $1.wholeSize }
    default: size
    }
  }
}
