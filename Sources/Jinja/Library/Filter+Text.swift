extension Filter {
  /// Filters of texts. Their input is taken as text, whatever it is, as Jinja does.
  static let textFilters: [String: Filter] = [
    "upper": Filter([]) { (input, arguments) throws(JinjaError) in
      .string(try input.text(arguments.budget).uppercased())
    },
    "lower": Filter([]) { (input, arguments) throws(JinjaError) in
      .string(try input.text(arguments.budget).lowercased())
    },
    "capitalize": Filter([]) { (input, arguments) throws(JinjaError) in
      .string(capitalized(try input.text(arguments.budget)))
    },
    "title": Filter([], title),
    "trim": Filter(["chars"]) { (input, arguments) throws(JinjaError) in
      .string(stripped(try input.text(arguments.budget), try arguments.text("chars")))
    },
    "replace": Filter(["old", "new", "count"], replace),
    "string": Filter([], string),
    "safe": Filter([], string),
    "escape": Filter([], escape),
    "e": Filter([], escape),
    "indent": Filter(["width", "first", "blank"], indent),
    "center": Filter(["width"]) { (input, arguments) throws(JinjaError) in
      .string(
        try centered(
          try input.text(arguments.budget), to: try arguments.integer("width") ?? 80, with: " ",
          arguments.budget))
    },
    "truncate": Filter(["length", "killwords", "end", "leeway"], truncate),
    "wordcount": Filter([], wordCount),
    "format": Filter(open: { (input, arguments, _) throws(JinjaError) in
      var named = ValueDictionary()
      for (name, value) in arguments.named { named.set(value, for: name) }
      return .string(
        try printf(
          try input.text(arguments.budget),
          named.count > 0 ? .dictionary(named) : .tuple(arguments.positional), arguments.budget))
    }),
  ]

  @Sendable
  private static func string(
    _ input: Value, _ arguments: BoundArguments
  ) throws(JinjaError) -> Value {
    .string(try input.text(arguments.budget))
  }

  /// Python's `str.strip`: without white space, or without the scalars of `characters`, at both
  /// ends.
  static func stripped(
    _ text: String, _ characters: String?, leading: Bool = true, trailing: Bool = true
  ) -> String {
    let scalars = Array(text.unicodeScalars)
    guard let characters else {
      return String(
        scalars.stripped(leading: leading, trailing: trailing, where: \.isPythonSpace))
    }
    let set = Set(characters.unicodeScalars)
    return String(
      scalars.stripped(leading: leading, trailing: trailing, where: { set.contains($0) }))
  }

  /// The first scalar in upper case, the others in lower case.
  static func capitalized(_ text: String) -> String {
    guard let first = text.unicodeScalars.first else { return "" }
    return first.properties.titlecaseMapping
      + String(text.unicodeScalars.dropFirst()).lowercased()
  }

  /// Python's `str.center`: what cannot be halved goes to the left where the width is odd.
  static func centered(
    _ text: String, to width: Int, with fill: String, _ budget: Budget
  ) throws(JinjaError) -> String {
    let missing = max(width, 0) - text.unicodeScalars.count
    if missing <= 0 { return text }
    try budget.require(bytes: fill.utf8.count, times: missing)
    let left = missing / 2 + (missing & width & 1)
    return String(repeating: fill, count: left) + text
      + String(repeating: fill, count: missing - left)
  }

  @Sendable
  private static func title(
    _ input: Value, _ arguments: BoundArguments
  ) throws(JinjaError) -> Value {
    var result = ""
    var startsWord = true
    for scalar in try input.text(arguments.budget).unicodeScalars {
      result += startsWord ? scalar.properties.uppercaseMapping : scalar.properties.lowercaseMapping
      startsWord = scalar.isPythonSpace || "-({[<".unicodeScalars.contains(scalar)
    }
    return .string(result)
  }

  @Sendable
  private static func replace(
    _ input: Value, _ arguments: BoundArguments
  ) throws(JinjaError) -> Value {
    .string(
      try Method.replaced(
        try input.text(arguments.budget), try arguments.requiredText("old"),
        with: try arguments.requiredText("new"), arguments))
  }

  @Sendable
  private static func escape(
    _ input: Value, _ arguments: BoundArguments
  ) throws(JinjaError) -> Value {
    var result = String.UnicodeScalarView()
    let entities: [Unicode.Scalar: String] = [
      "&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&#39;", "\"": "&#34;",
    ]
    for scalar in try input.text(arguments.budget).unicodeScalars {
      if let entity = entities[scalar] {
        result.append(contentsOf: entity.unicodeScalars)
      } else {
        result.append(scalar)
      }
    }
    return .string(String(result))
  }

  @Sendable
  private static func indent(
    _ input: Value, _ arguments: BoundArguments
  ) throws(JinjaError) -> Value {
    let indentation: String
    if case .string(let text)? = arguments["width"] {
      indentation = text
    } else {
      let width = max(try arguments.integer("width") ?? 4, 0)
      try arguments.budget.require(bytes: width)
      indentation = String(repeating: " ", count: width)
    }
    let text = try input.text(arguments.budget)
    var lines = try Method.lines(of: text + "\n", keepingEnds: false, arguments.budget)
    try arguments.budget.require(bytes: indentation.utf8.count, times: lines.count + 1)
    let indentsBlank = arguments.isTrue("blank")
    for index in lines.indices.dropFirst() where indentsBlank || !lines[index].isEmpty {
      lines[index] = indentation + lines[index]
    }
    let indented = lines.joined(separator: "\n")
    return .string(arguments.isTrue("first") ? indentation + indented : indented)
  }

  @Sendable
  private static func truncate(
    _ input: Value, _ arguments: BoundArguments
  ) throws(JinjaError) -> Value {
    let length = try arguments.integer("length") ?? 255
    let end = Array((try arguments.text("end") ?? "...").unicodeScalars)
    let leeway = try arguments.integer("leeway") ?? 5
    guard length >= end.count, leeway >= 0 else {
      throw JinjaError("truncate: expected a length of at least \(end.count), found \(length)")
    }
    let text = try input.text(arguments.budget)
    let scalars = Array(text.unicodeScalars)
    if scalars.count - leeway <= length { return .string(text) }
    var kept = Array(scalars.prefix(length - end.count))
    if !arguments.isTrue("killwords"), let space = kept.lastIndex(of: " ") {
      kept.removeSubrange(space...)
    }
    return .string(String(kept + end))
  }

  /// The number of runs of letters, digits and underscores.
  @Sendable
  private static func wordCount(
    _ input: Value, _ arguments: BoundArguments
  ) throws(JinjaError) -> Value {
    var count = 0
    var isInside = false
    for scalar in try input.text(arguments.budget).unicodeScalars {
      let isWord =
        scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
      if isWord && !isInside { count += 1 }
      isInside = isWord
    }
    return .integer(count)
  }
}
