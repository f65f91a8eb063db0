/// A value of a template: one of the Python values that templates use. All of them are immutable,
/// as in the sandbox that transformers renders in, except a namespace.
enum Value {
  /// A name or an attribute that does not exist; the text names it for an error message.
  case undefined(String)
  case none
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case list(ValueSequence)
  case tuple(ValueSequence)
  case dictionary(ValueDictionary)
  case object(any Object)

  /// A list of these elements.
  static func list(_ elements: [Value]) -> Value { .list(ValueSequence(elements)) }

  /// A tuple of these elements.
  static func tuple(_ elements: [Value]) -> Value { .tuple(ValueSequence(elements)) }
}

extension Value {
  /// The name of the type in Python.
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

  /// Whether `if` treats the value as true.
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

  /// Levels of nested containers; 0 for a value that is no container.
  var depth: Int {
    switch self {
    case .list(let sequence), .tuple(let sequence): sequence.depth
    case .dictionary(let dictionary): dictionary.depth
    case .object(let object): object.depth
    case .undefined, .none, .bool, .integer, .number, .string: 0
    }
  }

  /// Bytes of the value itself, without those of its elements.
  var size: Int {
    switch self {
    case .undefined(let text), .string(let text): text.utf8.count
    case .list(let sequence), .tuple(let sequence):
      Self.sizeOfElement * sequence.elements.count
    case .dictionary(let dictionary): ValueDictionary.sizeOfMember * dictionary.count
    case .object(let object): object.size
    case .none, .bool, .integer, .number: 0
    }
  }

  /// Bytes of an element in an array.
  static let sizeOfElement = MemoryLayout<Value>.stride

  /// Bytes of the value with all its elements, as of a variable that comes from JSON.
  var wholeSize: Int {
    switch self {
    case .list(let sequence), .tuple(let sequence):
      sequence.elements.reduce(size) { $0 + $1.wholeSize }
    case .dictionary(let dictionary): dictionary.values.reduce(size) { $0 + $1.wholeSize }
    default: size
    }
  }
}
