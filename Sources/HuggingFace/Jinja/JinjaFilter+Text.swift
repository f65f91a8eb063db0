extension JinjaFilter {
  /// Filters of texts. Their input is taken as text, whatever it is, as Jinja does.
  static let textFilters: [String: JinjaFilter] = [
    "upper": JinjaFilter([]) { (input, _) throws(JinjaError) in .string(input.text.uppercased()) },
    "lower": JinjaFilter([]) { (input, _) throws(JinjaError) in .string(input.text.lowercased()) },
    "capitalize": JinjaFilter([]) { (input, _) throws(JinjaError) in
      .string(capitalized(input.text))
    },
    "title": JinjaFilter([], title),
    "trim": JinjaFilter(["chars"]) { (input, arguments) throws(JinjaError) in
      .string(stripped(input.text, try arguments.text("chars")))
    },
    "replace": JinjaFilter(["old", "new", "count"], replace),
    "string": JinjaFilter([]) { (input, _) throws(JinjaError) in .string(input.text) },
    "safe": JinjaFilter([]) { (input, _) throws(JinjaError) in .string(input.text) },
    "escape": JinjaFilter([], escape),
    "e": JinjaFilter([], escape),
    "indent": JinjaFilter(["width", "first", "blank"], indent),
    "center": JinjaFilter(["width"]) { (input, arguments) throws(JinjaError) in
      .string(centered(input.text, to: try arguments.integer("width") ?? 80, with: " "))
    },
    "truncate": JinjaFilter(["length", "killwords", "end", "leeway"], truncate),
    "wordcount": JinjaFilter([], wordCount),
    "format": JinjaFilter(open: { (input, arguments, _) throws(JinjaError) in
      var named = JinjaDictionary()
      for (name, value) in arguments.named { try named.set(value, for: .string(name)) }
      return .string(
        try printf(
          input.text, named.count > 0 ? .dictionary(named) : .tuple(arguments.positional)))
    }),
  ]

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
  static func centered(_ text: String, to width: Int, with fill: String) -> String {
    let missing = width - text.unicodeScalars.count
    if missing <= 0 { return text }
    let left = missing / 2 + (missing & width & 1)
    return String(repeating: fill, count: left) + text
      + String(repeating: fill, count: missing - left)
  }

  @Sendable
  private static func title(
    _ input: JinjaValue, _ arguments: JinjaBoundArguments
  ) throws(JinjaError) -> JinjaValue {
    var result = ""
    var startsWord = true
    for scalar in input.text.unicodeScalars {
      result += startsWord ? scalar.properties.uppercaseMapping : scalar.properties.lowercaseMapping
      startsWord = scalar.isPythonSpace || "-({[<".unicodeScalars.contains(scalar)
    }
    return .string(result)
  }

  @Sendable
  private static func replace(
    _ input: JinjaValue, _ arguments: JinjaBoundArguments
  ) throws(JinjaError) -> JinjaValue {
    let old = try arguments.required("old").text
    let new = try arguments.required("new").text
    return .string(
      String(
        Array(input.text.unicodeScalars).replacing(
          Array(old.unicodeScalars), with: Array(new.unicodeScalars),
          limit: try arguments.integer("count") ?? -1)))
  }

  @Sendable
  private static func escape(
    _ input: JinjaValue, _ arguments: JinjaBoundArguments
  ) throws(JinjaError) -> JinjaValue {
    var result = String.UnicodeScalarView()
    let entities: [Unicode.Scalar: String] = [
      "&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&#39;", "\"": "&#34;",
    ]
    for scalar in input.text.unicodeScalars {
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
    _ input: JinjaValue, _ arguments: JinjaBoundArguments
  ) throws(JinjaError) -> JinjaValue {
    let indentation: String
    if case .string(let text)? = arguments["width"] {
      indentation = text
    } else {
      indentation = String(repeating: " ", count: max(try arguments.integer("width") ?? 4, 0))
    }
    var lines = JinjaMethod.lines(of: input.text + "\n", keepingEnds: false)
    let indentsBlank = arguments.isTrue("blank")
    for index in lines.indices.dropFirst() where indentsBlank || !lines[index].isEmpty {
      lines[index] = indentation + lines[index]
    }
    let text = lines.joined(separator: "\n")
    return .string(arguments.isTrue("first") ? indentation + text : text)
  }

  @Sendable
  private static func truncate(
    _ input: JinjaValue, _ arguments: JinjaBoundArguments
  ) throws(JinjaError) -> JinjaValue {
    let length = try arguments.integer("length") ?? 255
    let end = Array((try arguments.text("end") ?? "...").unicodeScalars)
    let leeway = try arguments.integer("leeway") ?? 5
    guard length >= end.count, leeway >= 0 else {
      throw JinjaError("truncate: expected a length of at least \(end.count), found \(length)")
    }
    let scalars = Array(input.text.unicodeScalars)
    if scalars.count <= length + leeway { return .string(input.text) }
    var kept = Array(scalars.prefix(length - end.count))
    if !arguments.isTrue("killwords"), let space = kept.lastIndex(of: " ") {
      kept.removeSubrange(space...)
    }
    return .string(String(kept + end))
  }

  /// The number of runs of letters, digits and underscores.
  @Sendable
  private static func wordCount(
    _ input: JinjaValue, _ arguments: JinjaBoundArguments
  ) throws(JinjaError) -> JinjaValue {
    var count = 0
    var isInside = false
    for scalar in input.text.unicodeScalars {
      let isWord =
        scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
      if isWord && !isInside { count += 1 }
      isInside = isWord
    }
    return .integer(count)
  }
}
