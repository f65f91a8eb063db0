extension Method {
  /// Calls a method of a text.
  static func call(
    _ name: String, on text: String, _ arguments: Arguments
  ) throws(JinjaError) -> Value? {
    guard let method = stringMethods[name] else { return nil }
    if name == "format" { return .string(try pythonFormat(text, arguments)) }
    return try method.body(text, try arguments.bound(to: method.parameters, of: name))
  }

  struct StringMethod: Sendable {
    let parameters: [String]
    let body: @Sendable (String, BoundArguments) throws(JinjaError) -> Value

    init(
      _ parameters: [String] = [],
      _ body:
        @escaping @Sendable (String, BoundArguments) throws(JinjaError) ->
        Value
    ) {
      self.parameters = parameters
      self.body = body
    }
  }

  /// The methods of Python's `str` under their names.
  static let stringMethods: [String: StringMethod] = changingMethods.merging(splittingMethods) {
    first, _ in first
  }.merging(queryMethods) { first, _ in first }

  /// Methods that give another text.
  private static let changingMethods: [String: StringMethod] = [
    "upper": StringMethod { (text, _) throws(JinjaError) in .string(text.uppercased()) },
    "lower": StringMethod { (text, _) throws(JinjaError) in .string(text.lowercased()) },
    "capitalize": StringMethod { (text, _) throws(JinjaError) in
      .string(Filter.capitalized(text))
    },
    "title": StringMethod { (text, _) throws(JinjaError) in .string(titled(text)) },
    "strip": StringMethod(["chars"]) { (text, arguments) throws(JinjaError) in
      .string(Filter.stripped(text, try arguments.text("chars")))
    },
    "lstrip": StringMethod(["chars"]) { (text, arguments) throws(JinjaError) in
      .string(Filter.stripped(text, try arguments.text("chars"), trailing: false))
    },
    "rstrip": StringMethod(["chars"]) { (text, arguments) throws(JinjaError) in
      .string(Filter.stripped(text, try arguments.text("chars"), leading: false))
    },
    "replace": StringMethod(["old", "new", "count"]) { (text, arguments) throws(JinjaError) in
      .string(
        try replaced(
          text, try arguments.requiredText("old"), with: try arguments.requiredText("new"),
          arguments))
    },
    "removeprefix": StringMethod(["prefix"]) { (text, arguments) throws(JinjaError) in
      let prefix = scalars(try arguments.requiredText("prefix"))
      let all = scalars(text)
      return .string(all.starts(with: prefix) ? String(all[prefix.count...]) : text)
    },
    "removesuffix": StringMethod(["suffix"]) { (text, arguments) throws(JinjaError) in
      let suffix = scalars(try arguments.requiredText("suffix"))
      let all = scalars(text)
      let hasSuffix = all.count >= suffix.count && all.suffix(suffix.count).elementsEqual(suffix)
      return .string(hasSuffix ? String(all[..<(all.count - suffix.count)]) : text)
    },
    "join": StringMethod(["iterable"]) { (text, arguments) throws(JinjaError) in
      let budget = arguments.budget
      var result = ""
      for (index, element) in try arguments.required("iterable").elements(budget).enumerated() {
        guard case .string(let part) = element else {
          throw JinjaError("join: expected strings, found \(element.typeName)")
        }
        try budget.require(bytes: result.utf8.count + text.utf8.count + part.utf8.count)
        if index > 0 { result += text }
        result += part
      }
      return .string(result)
    },
    "center": StringMethod(["width", "fillchar"]) { (text, arguments) throws(JinjaError) in
      let width = try arguments.integer("width") ?? 0
      return .string(
        try Filter.centered(
          text, to: width, with: try arguments.text("fillchar") ?? " ", arguments.budget))
    },
    "ljust": StringMethod(["width", "fillchar"]) { (text, arguments) throws(JinjaError) in
      .string(text + (try padding(of: text, arguments, " ")))
    },
    "rjust": StringMethod(["width", "fillchar"]) { (text, arguments) throws(JinjaError) in
      .string(try padding(of: text, arguments, " ") + text)
    },
    "zfill": StringMethod(["width"]) { (text, arguments) throws(JinjaError) in
      let zeros = try padding(of: text, arguments, "0")
      guard let sign = text.unicodeScalars.first, sign == "+" || sign == "-" else {
        return .string(zeros + text)
      }
      return .string(String(sign) + zeros + String(text.unicodeScalars.dropFirst()))
    },
    // The body is in call(_:on:_:), because any arguments will do.
    "format": StringMethod { (text, _) throws(JinjaError) in .string(text) },
  ]

  static func scalars(_ text: String) -> [Unicode.Scalar] { Array(text.unicodeScalars) }

  /// Python's `str.replace`.
  ///
  /// - Parameter arguments: with `count`, the most replacements; all where it is negative.
  static func replaced(
    _ text: String, _ old: String, with new: String, _ arguments: BoundArguments
  ) throws(JinjaError) -> String {
    String(
      try scalars(text).replacing(
        scalars(old), with: scalars(new), limit: try arguments.integer("count") ?? -1,
        arguments.budget))
  }

  private static func padding(
    of text: String, _ arguments: BoundArguments, _ fill: String
  ) throws(JinjaError) -> String {
    let width = try arguments.integer("width") ?? 0
    let missing = max(max(width, 0) - text.unicodeScalars.count, 0)
    let fill = try arguments.text("fillchar") ?? fill
    try arguments.budget.require(bytes: fill.utf8.count, times: missing)
    return String(repeating: fill, count: missing)
  }

  /// Python's `str.title`: a letter behind something that has no case is in upper case.
  private static func titled(_ text: String) -> String {
    var result = ""
    var followsCased = false
    for scalar in text.unicodeScalars {
      let properties = scalar.properties
      result += followsCased ? properties.lowercaseMapping : properties.titlecaseMapping
      followsCased = properties.isCased
    }
    return result
  }
}
