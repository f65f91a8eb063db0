extension Method {
  /// Methods that test or search a text.
  static let queryMethods: [String: StringMethod] = [
    "startswith": StringMethod(["prefix", "start", "end"]) { (text, arguments) throws(JinjaError) in
      .bool(
        try anyAffix(of: arguments, "prefix", in: text) { part, affix in
          part.starts(with: affix)
        })
    },
    "endswith": StringMethod(["suffix", "start", "end"]) { (text, arguments) throws(JinjaError) in
      .bool(
        try anyAffix(of: arguments, "suffix", in: text) { part, affix in
          part.reversed().starts(with: affix.reversed())
        })
    },
    "find": StringMethod(["sub", "start", "end"]) { (text, arguments) throws(JinjaError) in
      .integer(try firstIndex(in: text, arguments) ?? -1)
    },
    "rfind": StringMethod(["sub", "start", "end"]) { (text, arguments) throws(JinjaError) in
      .integer(try firstIndex(in: text, arguments, fromEnd: true) ?? -1)
    },
    "index": StringMethod(["sub", "start", "end"]) { (text, arguments) throws(JinjaError) in
      guard let index = try firstIndex(in: text, arguments) else {
        throw JinjaError("substring not found")
      }
      return .integer(index)
    },
    "count": StringMethod(["sub", "start", "end"]) { (text, arguments) throws(JinjaError) in
      let all = scalars(text)
      let part = scalars(try arguments.requiredText("sub"))
      var range = try span(of: arguments, count: all.count)
      var count = 0
      while let found = all.first(of: part, in: range) {
        count += 1
        let next = found + max(part.count, 1)
        if next > range.upperBound { break }
        range = next..<range.upperBound
      }
      return .integer(count)
    },
    "isspace": every(\.isPythonSpace),
    "isdigit": every {
      $0.properties.numericType == .decimal || $0.properties.numericType == .digit
    },
    "isdecimal": every { $0.properties.numericType == .decimal },
    "isnumeric": every { $0.properties.numericType != nil },
    "isalpha": every(\.isPythonLetter),
    "isalnum": every { $0.isPythonLetter || $0.properties.numericType != nil },
    "isascii": StringMethod { (text, _) throws(JinjaError) in
      .bool(text.unicodeScalars.allSatisfy(\.isASCII))
    },
    "islower": StringMethod { (text, _) throws(JinjaError) in
      .bool(isCased(text, as: \.isLowercase, not: \.isUppercase))
    },
    "isupper": StringMethod { (text, _) throws(JinjaError) in
      .bool(isCased(text, as: \.isUppercase, not: \.isLowercase))
    },
  ]

  /// Whether a text has letters with case, and all of them have one case.
  static func isCased(
    _ text: String, as wanted: (Unicode.Scalar.Properties) -> Bool,
    not other: (Unicode.Scalar.Properties) -> Bool
  ) -> Bool {
    text.unicodeScalars.contains { wanted($0.properties) }
      && !text.unicodeScalars.contains {
        other($0.properties) || $0.properties.generalCategory == .titlecaseLetter
      }
  }

  private static func every(
    _ accepts: @escaping @Sendable (Unicode.Scalar) -> Bool
  ) -> StringMethod {
    StringMethod { (text, _) throws(JinjaError) in
      .bool(!text.isEmpty && text.unicodeScalars.allSatisfy(accepts))
    }
  }

  /// The part of a text that `start` and `end` choose.
  private static func span(
    of arguments: BoundArguments, count: Int
  ) throws(JinjaError) -> Range<Int> {
    func bound(_ name: String, _ otherwise: Int) throws(JinjaError) -> Int {
      guard let value = try arguments.integer(name) else { return otherwise }
      return min(max(value < 0 ? value + count : value, 0), count)
    }
    let start = try bound("start", 0)
    return start..<max(start, try bound("end", count))
  }

  private static func firstIndex(
    in text: String, _ arguments: BoundArguments, fromEnd: Bool = false
  ) throws(JinjaError) -> Int? {
    let all = scalars(text)
    let part = scalars(try arguments.requiredText("sub"))
    let range = try span(of: arguments, count: all.count)
    return fromEnd ? all.last(of: part, in: range) : all.first(of: part, in: range)
  }

  /// Whether the affix, or one of a tuple of them, is there.
  private static func anyAffix(
    of arguments: BoundArguments, _ name: String, in text: String,
    _ matches: ([Unicode.Scalar], [Unicode.Scalar]) -> Bool
  ) throws(JinjaError) -> Bool {
    let all = scalars(text)
    let part = Array(all[try span(of: arguments, count: all.count)])
    switch try arguments.required(name) {
    case .string(let affix): return matches(part, scalars(affix))
    case .tuple(let affixes):
      for affix in affixes.elements {
        try arguments.budget.spend(reading: affix)
        if matches(part, scalars(try affix.text(arguments.budget))) { return true }
      }
      return false
    case let value:
      throw JinjaError("expected a string or a tuple of strings, found \(value.typeName)")
    }
  }
}

extension Unicode.Scalar {
  /// What `str.isalpha` accepts: a letter by its category.
  fileprivate var isPythonLetter: Bool {
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }
}
