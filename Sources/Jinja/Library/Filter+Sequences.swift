extension Filter {
  /// Filters of lists, texts and dictionaries as a whole.
  static let sequenceFilters: [String: Filter] = [
    "length": Filter([], length),
    "count": Filter([], length),
    "first": Filter([], first),
    "last": Filter([], last),
    "list": Filter([]) { (input, arguments) throws(JinjaError) in
      .list(try input.elements(arguments.budget))
    },
    "join": Filter(["d", "attribute"], join),
    "reverse": Filter([], reverse),
    "items": Filter([], items),
    "sum": Filter(["attribute", "start"], sum),
    "batch": Filter(["linecount", "fill_with"], batch),
    "slice": Filter(["slices", "fill_with"], slice),
  ]

  @Sendable
  private static func length(
    _ input: Value, _ arguments: BoundArguments
  ) throws(JinjaError) -> Value {
    guard let count = input.count else {
      throw JinjaError("object of type '\(input.typeName)' has no length")
    }
    return .integer(count)
  }

  @Sendable
  private static func first(
    _ input: Value, _ arguments: BoundArguments
  ) throws(JinjaError) -> Value {
    let nothing = Value.undefined("No first item, sequence was empty.")
    if case .object(let generator as Generator) = input {
      return generator.next() ?? nothing
    }
    return try input.elements(arguments.budget).first ?? nothing
  }

  @Sendable
  private static func last(
    _ input: Value, _ arguments: BoundArguments
  ) throws(JinjaError) -> Value {
    guard input.count != nil else {
      throw JinjaError("last: '\(input.typeName)' object is not reversible")
    }
    return try input.elements(arguments.budget).last
      ?? .undefined("No last item, sequence was empty.")
  }

  @Sendable
  private static func join(
    _ input: Value, _ arguments: BoundArguments
  ) throws(JinjaError) -> Value {
    let budget = arguments.budget
    let attribute = try AttributePath(arguments["attribute"])
    let separator = try arguments["d"]?.text(budget) ?? ""
    var text = ""
    for (index, element) in try input.elements(budget).enumerated() {
      if index > 0 { text += separator }
      text += try attribute.value(of: element, budget).text(budget)
      try budget.require(bytes: text.utf8.count + separator.utf8.count)
    }
    return .string(text)
  }

  @Sendable
  private static func reverse(
    _ input: Value, _ arguments: BoundArguments
  ) throws(JinjaError) -> Value {
    if case .string(let text) = input { return .string(String(text.unicodeScalars.reversed())) }
    return .object(Generator(try input.elements(arguments.budget).reversed()))
  }

  @Sendable
  private static func items(
    _ input: Value, _ arguments: BoundArguments
  ) throws(JinjaError) -> Value {
    switch input {
    case .undefined: return .object(Generator([]))
    case .dictionary(let dictionary):
      return .object(Generator(dictionary.members.map { .tuple([$0.key, $0.value]) }))
    default: throw JinjaError("Can only get item pairs from a mapping.")
    }
  }

  @Sendable
  private static func sum(
    _ input: Value, _ arguments: BoundArguments
  ) throws(JinjaError) -> Value {
    let attribute = try AttributePath(arguments["attribute"])
    var total = arguments["start"] ?? .integer(0)
    for element in try input.elements(arguments.budget) {
      total = try arguments.budget.made(
        try total.applying(
          .add, try attribute.value(of: element, arguments.budget), arguments.budget))
    }
    return total
  }

  /// Rows of a length, the last one filled up where a value is given for that.
  @Sendable
  private static func batch(
    _ input: Value, _ arguments: BoundArguments
  ) throws(JinjaError) -> Value {
    let length = try arguments.integer("linecount") ?? 0
    guard length > 0 else { throw JinjaError("batch: expected a positive number of items") }
    let elements = try input.elements(arguments.budget)
    var rows: [Value] = []
    // A row may be longer than there are elements, but not so long that its end overflows.
    let reach = min(length, elements.count)
    for start in stride(from: 0, to: elements.count, by: max(reach, 1)) {
      var row = Array(elements[start..<min(start + reach, elements.count)])
      if let fill = filling(arguments) {
        try arguments.budget.require(bytes: Value.sizeOfElement, times: length)
        row += Array(repeating: fill, count: length - row.count)
      }
      rows.append(.list(row))
    }
    return .object(Generator(rows))
  }

  /// A number of parts, the first ones longer by one where the elements do not divide evenly.
  @Sendable
  private static func slice(
    _ input: Value, _ arguments: BoundArguments
  ) throws(JinjaError) -> Value {
    let count = try arguments.integer("slices") ?? 0
    guard count > 0 else { throw JinjaError("slice: expected a positive number of slices") }
    let elements = try input.elements(arguments.budget)
    try arguments.budget.spend(steps: min(count, 1 << 32))
    let (length, extra) = elements.count.quotientAndRemainder(dividingBy: count)
    var parts: [Value] = []
    var start = 0
    for index in 0..<count {
      let end = start + length + (index < extra ? 1 : 0)
      var part = Array(elements[start..<end])
      if let fill = filling(arguments), index >= extra { part.append(fill) }
      parts.append(.list(part))
      start = end
    }
    return .object(Generator(parts))
  }

  private static func filling(_ arguments: BoundArguments) -> Value? {
    switch arguments["fill_with"] {
    case nil, Value.none?: nil
    case let value?: value
    }
  }
}
