extension Method {
  /// Methods that split a text into parts.
  static let splittingMethods: [String: StringMethod] = [
    "split": StringMethod(["sep", "maxsplit"]) { (text, arguments) throws(JinjaError) in
      .list(try parts(of: text, arguments, fromEnd: false))
    },
    "rsplit": StringMethod(["sep", "maxsplit"]) { (text, arguments) throws(JinjaError) in
      .list(try parts(of: text, arguments, fromEnd: true))
    },
    "splitlines": StringMethod(["keepends"]) { (text, arguments) throws(JinjaError) in
      .list(
        try lines(of: text, keepingEnds: arguments.isTrue("keepends"), arguments.budget)
          .map { .string($0) })
    },
    "partition": StringMethod(["sep"]) { (text, arguments) throws(JinjaError) in
      let all = scalars(text)
      let separator = scalars(try arguments.requiredText("sep"))
      guard let index = all.first(of: separator, in: 0..<all.count) else {
        return .tuple([.string(text), .string(""), .string("")])
      }
      return cut(all, separator, at: index)
    },
    "rpartition": StringMethod(["sep"]) { (text, arguments) throws(JinjaError) in
      let all = scalars(text)
      let separator = scalars(try arguments.requiredText("sep"))
      guard let index = all.last(of: separator, in: 0..<all.count) else {
        return .tuple([.string(""), .string(""), .string(text)])
      }
      return cut(all, separator, at: index)
    },
  ]

  /// Approximate bytes of an array or a text without its elements.
  private static let sizeOfPart = 48

  private static func cut(
    _ text: [Unicode.Scalar], _ separator: [Unicode.Scalar], at index: Int
  ) -> Value {
    .tuple([
      .string(String(text[..<index])), .string(String(separator)),
      .string(String(text[(index + separator.count)...])),
    ])
  }

  /// `split` and `rsplit`: at a separator, or at runs of white space, which then are also dropped
  /// at both ends.
  private static func parts(
    of text: String, _ arguments: BoundArguments, fromEnd: Bool
  ) throws(JinjaError) -> [Value] {
    let limit = try arguments.integer("maxsplit") ?? -1
    var scalars = scalars(text)
    var parts: [[Unicode.Scalar]]
    if let separator = try arguments.text("sep").map(self.scalars) {
      if separator.isEmpty { throw JinjaError("empty separator") }
      parts = try split(
        scalars, at: separator, limit: limit, fromEnd: fromEnd, arguments.budget)
    } else {
      // From the end is from the start of the text read backwards.
      if fromEnd { scalars.reverse() }
      parts = try splitAtSpace(scalars, limit: limit, arguments.budget)
      if fromEnd { parts = parts.reversed().map { $0.reversed() } }
    }
    return parts.map { .string(String($0)) }
  }

  private static func split(
    _ text: [Unicode.Scalar], at separator: [Unicode.Scalar], limit: Int, fromEnd: Bool,
    _ budget: Budget
  ) throws(JinjaError) -> [[Unicode.Scalar]] {
    var parts: [[Unicode.Scalar]] = []
    var rest = 0..<text.count
    while parts.count != limit {
      let found =
        fromEnd ? text.last(of: separator, in: rest) : text.first(of: separator, in: rest)
      guard let found else { break }
      try budget.spend(bytes: sizeOfPart)
      if fromEnd {
        parts.append(Array(text[found + separator.count..<rest.upperBound]))
        rest = 0..<found
      } else {
        parts.append(Array(text[rest.lowerBound..<found]))
        rest = found + separator.count..<text.count
      }
    }
    parts.append(Array(text[rest]))
    return fromEnd ? parts.reversed() : parts
  }

  private static func splitAtSpace(
    _ text: [Unicode.Scalar], limit: Int, _ budget: Budget
  ) throws(JinjaError) -> [[Unicode.Scalar]] {
    var parts: [[Unicode.Scalar]] = []
    var rest = text[...].drop(while: \.isPythonSpace)
    while !rest.isEmpty {
      try budget.spend(bytes: sizeOfPart)
      if parts.count == limit {
        parts.append(Array(rest))
        break
      }
      let word = rest.prefix { !$0.isPythonSpace }
      parts.append(Array(word))
      rest = rest[word.endIndex...].drop(while: \.isPythonSpace)
    }
    return parts
  }

  /// The lines of a text; a line break at its end begins no further line.
  static func lines(
    of text: String, keepingEnds: Bool, _ budget: Budget
  ) throws(JinjaError) -> [String] {
    let scalars = scalars(text)
    var lines: [String] = []
    var start = 0
    var index = 0
    while index < scalars.count {
      guard scalars[index].isPythonLineBreak else {
        index += 1
        continue
      }
      let isPair =
        scalars[index] == "\r" && index + 1 < scalars.count && scalars[index + 1] == "\n"
      let next = index + (isPair ? 2 : 1)
      try budget.spend(bytes: sizeOfPart)
      lines.append(String(scalars[start..<(keepingEnds ? next : index)]))
      start = next
      index = next
    }
    if start < scalars.count { lines.append(String(scalars[start...])) }
    return lines
  }
}
