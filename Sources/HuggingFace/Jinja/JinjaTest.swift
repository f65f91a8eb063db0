/// A test: what stands behind `is`.
struct JinjaTest: Sendable {
  typealias Body = @Sendable (JinjaValue, JinjaBoundArguments) throws(JinjaError) -> Bool

  private let parameters: [String]
  private let body: Body

  init(_ parameters: [String] = [], _ body: @escaping Body) {
    self.parameters = parameters
    self.body = body
  }

  /// Whether the test holds for a value.
  func holds(
    _ name: String, _ input: JinjaValue, _ arguments: JinjaArguments
  ) throws(JinjaError) -> Bool {
    try body(input, try arguments.bound(to: parameters, of: name))
  }

  /// Every test under its name.
  static let all: [String: JinjaTest] = kindTests.merging(relationTests) { first, _ in first }

  /// Tests of what a value is.
  private static let kindTests: [String: JinjaTest] = [
    "defined": JinjaTest { (input, _) throws(JinjaError) in
      if case .undefined = input { false } else { true }
    },
    "undefined": JinjaTest { (input, _) throws(JinjaError) in
      if case .undefined = input { true } else { false }
    },
    "none": JinjaTest { (input, _) throws(JinjaError) in
      if case .none = input { true } else { false }
    },
    "boolean": JinjaTest { (input, _) throws(JinjaError) in
      if case .bool = input { true } else { false }
    },
    "true": JinjaTest { (input, _) throws(JinjaError) in
      if case .bool(true) = input { true } else { false }
    },
    "false": JinjaTest { (input, _) throws(JinjaError) in
      if case .bool(false) = input { true } else { false }
    },
    "integer": JinjaTest { (input, _) throws(JinjaError) in
      if case .integer = input { true } else { false }
    },
    "float": JinjaTest { (input, _) throws(JinjaError) in
      if case .number = input { true } else { false }
    },
    "number": JinjaTest { (input, _) throws(JinjaError) in input.asNumber != nil },
    "string": JinjaTest { (input, _) throws(JinjaError) in
      if case .string = input { true } else { false }
    },
    "mapping": JinjaTest { (input, _) throws(JinjaError) in
      if case .dictionary = input { true } else { false }
    },
    "sequence": JinjaTest { (input, _) throws(JinjaError) in input.count != nil },
    "iterable": JinjaTest { (input, _) throws(JinjaError) in
      if case .object(let object) = input { object is JinjaGenerator } else { input.count != nil }
    },
    "callable": JinjaTest { (input, _) throws(JinjaError) in
      if case .object(let object) = input { object.isCallable } else { false }
    },
    "lower": JinjaTest { (input, arguments) throws(JinjaError) in
      JinjaMethod.isCased(
        try input.text(arguments.budget), as: \.isLowercase, not: \.isUppercase)
    },
    "upper": JinjaTest { (input, arguments) throws(JinjaError) in
      JinjaMethod.isCased(
        try input.text(arguments.budget), as: \.isUppercase, not: \.isLowercase)
    },
    "escaped": JinjaTest { (_, _) throws(JinjaError) in false },
    "filter": JinjaTest { (input, arguments) throws(JinjaError) in
      JinjaFilter.all[try input.text(arguments.budget)] != nil
    },
    "test": JinjaTest { (input, arguments) throws(JinjaError) in
      JinjaTest.all[try input.text(arguments.budget)] != nil
    },
  ]

  /// Tests of a value against another one.
  private static let relationTests: [String: JinjaTest] = {
    var tests: [String: JinjaTest] = [
      "odd": JinjaTest { (input, arguments) throws(JinjaError) in
        try remainder(input, .integer(2), arguments).isEqual(to: .integer(1), arguments.budget)
      },
      "even": JinjaTest { (input, arguments) throws(JinjaError) in
        try remainder(input, .integer(2), arguments).isEqual(to: .integer(0), arguments.budget)
      },
      "divisibleby": JinjaTest(["num"]) { (input, arguments) throws(JinjaError) in
        try remainder(input, try arguments.required("num"), arguments).isEqual(
          to: .integer(0), arguments.budget)
      },
      "in": JinjaTest(["seq"]) { (input, arguments) throws(JinjaError) in
        try (arguments["seq"] ?? .none).contains(input, arguments.budget)
      },
      "sameas": JinjaTest(["other"]) { (input, arguments) throws(JinjaError) in
        let other = arguments["other"] ?? .none
        return input.typeName == other.typeName
          ? try input.isEqual(to: other, arguments.budget) : false
      },
    ]
    let comparisons: [JinjaComparison: [String]] = [
      .equal: ["==", "eq", "equalto"], .notEqual: ["!=", "ne"],
      .less: ["<", "lt", "lessthan"], .lessOrEqual: ["<=", "le"],
      .greater: [">", "gt", "greaterthan"], .greaterOrEqual: [">=", "ge"],
    ]
    for (comparison, names) in comparisons {
      for name in names {
        tests[name] = JinjaTest(["other"]) { (input, arguments) throws(JinjaError) in
          try input.satisfies(comparison, arguments["other"] ?? .none, arguments.budget)
        }
      }
    }
    return tests
  }()

  private static func remainder(
    _ input: JinjaValue, _ divisor: JinjaValue, _ arguments: JinjaBoundArguments
  ) throws(JinjaError) -> JinjaValue {
    guard input.asNumber != nil else {
      throw JinjaError("expected a number, found \(input.typeName)")
    }
    return try input.applying(.modulo, divisor, arguments.budget)
  }
}
