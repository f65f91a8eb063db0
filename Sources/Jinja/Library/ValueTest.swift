/// A test: a predicate that `is` applies.
struct ValueTest: Sendable {
  typealias Body = @Sendable (Value, BoundArguments) throws(JinjaError) -> Bool

  private let parameters: [String]
  private let body: Body

  init(_ parameters: [String] = [], _ body: @escaping Body) {
    self.parameters = parameters
    self.body = body
  }

  /// Whether the test holds for a value.
  func holds(
    _ name: String, _ input: Value, _ arguments: Arguments
  ) throws(JinjaError) -> Bool {
    try body(input, try arguments.bound(to: parameters, of: name))
  }

  /// Every test under its name.
  static let all: [String: ValueTest] = kindTests.merging(relationTests) { first, _ in first }

  /// Tests of what a value is.
  private static let kindTests: [String: ValueTest] = [
    "defined": ValueTest { (input, _) throws(JinjaError) in
      if case .undefined = input { false } else { true }
    },
    "undefined": ValueTest { (input, _) throws(JinjaError) in
      if case .undefined = input { true } else { false }
    },
    "none": ValueTest { (input, _) throws(JinjaError) in
      if case .none = input { true } else { false }
    },
    "boolean": ValueTest { (input, _) throws(JinjaError) in
      if case .bool = input { true } else { false }
    },
    "true": ValueTest { (input, _) throws(JinjaError) in
      if case .bool(true) = input { true } else { false }
    },
    "false": ValueTest { (input, _) throws(JinjaError) in
      if case .bool(false) = input { true } else { false }
    },
    "integer": ValueTest { (input, _) throws(JinjaError) in
      if case .integer = input { true } else { false }
    },
    "float": ValueTest { (input, _) throws(JinjaError) in
      if case .number = input { true } else { false }
    },
    "number": ValueTest { (input, _) throws(JinjaError) in input.asNumber != nil },
    "string": ValueTest { (input, _) throws(JinjaError) in
      if case .string = input { true } else { false }
    },
    "mapping": ValueTest { (input, _) throws(JinjaError) in
      if case .dictionary = input { true } else { false }
    },
    "sequence": ValueTest { (input, _) throws(JinjaError) in input.count != nil },
    "iterable": ValueTest { (input, _) throws(JinjaError) in
      if case .object(let object) = input { object is Generator } else { input.count != nil }
    },
    "callable": ValueTest { (input, _) throws(JinjaError) in
      if case .object(let object) = input { object.isCallable } else { false }
    },
    "lower": ValueTest { (input, arguments) throws(JinjaError) in
      Method.isCased(
        try input.text(arguments.budget), as: \.isLowercase, not: \.isUppercase)
    },
    "upper": ValueTest { (input, arguments) throws(JinjaError) in
      Method.isCased(
        try input.text(arguments.budget), as: \.isUppercase, not: \.isLowercase)
    },
    "escaped": ValueTest { (_, _) throws(JinjaError) in false },
    "filter": ValueTest { (input, arguments) throws(JinjaError) in
      Filter.all[try input.text(arguments.budget)] != nil
    },
    "test": ValueTest { (input, arguments) throws(JinjaError) in
      ValueTest.all[try input.text(arguments.budget)] != nil
    },
  ]

  /// Tests of a value against another one.
  private static let relationTests: [String: ValueTest] = {
    var tests: [String: ValueTest] = [
      "odd": ValueTest { (input, arguments) throws(JinjaError) in
        try remainder(input, .integer(2), arguments).isEqual(to: .integer(1), arguments.budget)
      },
      "even": ValueTest { (input, arguments) throws(JinjaError) in
        try remainder(input, .integer(2), arguments).isEqual(to: .integer(0), arguments.budget)
      },
      "divisibleby": ValueTest(["num"]) { (input, arguments) throws(JinjaError) in
        try remainder(input, try arguments.required("num"), arguments).isEqual(
          to: .integer(0), arguments.budget)
      },
      "in": ValueTest(["seq"]) { (input, arguments) throws(JinjaError) in
        try (arguments["seq"] ?? .none).contains(input, arguments.budget)
      },
      "sameas": ValueTest(["other"]) { (input, arguments) throws(JinjaError) in
        let other = arguments["other"] ?? .none
        return input.typeName == other.typeName
          ? try input.isEqual(to: other, arguments.budget) : false
      },
    ]
    let comparisons: [Comparison: [String]] = [
      .equal: ["==", "eq", "equalto"], .notEqual: ["!=", "ne"],
      .less: ["<", "lt", "lessthan"], .lessOrEqual: ["<=", "le"],
      .greater: [">", "gt", "greaterthan"], .greaterOrEqual: [">=", "ge"],
    ]
    for (comparison, names) in comparisons {
      for name in names {
        tests[name] = ValueTest(["other"]) { (input, arguments) throws(JinjaError) in
          try input.satisfies(comparison, arguments["other"] ?? .none, arguments.budget)
        }
      }
    }
    return tests
  }()

  private static func remainder(
    _ input: Value, _ divisor: Value, _ arguments: BoundArguments
  ) throws(JinjaError) -> Value {
    guard input.asNumber != nil else {
      throw JinjaError("expected a number, found \(input.typeName)")
    }
    return try input.applying(.modulo, divisor, arguments.budget)
  }
}
