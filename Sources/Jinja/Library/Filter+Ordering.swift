extension Filter {
  /// Filters that order elements or find equal ones. Upper and lower case count as one unless
  /// `case_sensitive` is set.
  static let orderingFilters: [String: Filter] = [
    "sort": Filter(["reverse", "case_sensitive", "attribute"], sort),
    "dictsort": Filter(["case_sensitive", "by", "reverse"], sortDictionary),
    "unique": Filter(["case_sensitive", "attribute"], unique),
    "min": Filter(["case_sensitive", "attribute"]) { (input, arguments) throws(JinjaError) in
      try extreme(input, arguments) { (left, right) throws(JinjaError) in
        try left.isLess(than: right, arguments.budget)
      }
    },
    "max": Filter(["case_sensitive", "attribute"]) { (input, arguments) throws(JinjaError) in
      try extreme(input, arguments) { (left, right) throws(JinjaError) in
        try right.isLess(than: left, arguments.budget)
      }
    },
  ]

  private typealias Keyed = (key: Value, element: Value)

  private static func folded(
    _ value: Value, _ arguments: BoundArguments
  ) throws(JinjaError) -> Value {
    if case .string(let text) = value, !arguments.isTrue("case_sensitive") {
      try arguments.budget.spend(reading: value)
      try arguments.budget.spend(bytes: text.utf8.count)
      return .string(text.lowercased())
    }
    return value
  }

  /// A stable sort: equal elements keep their order, also where it is reversed.
  private static func sorted(
    _ elements: [Keyed], isReversed: Bool = false, _ budget: Budget
  ) throws(JinjaError) -> [Keyed] {
    guard elements.count > 1 else { return elements }
    let middle = elements.count / 2
    let left = try sorted(Array(elements[..<middle]), isReversed: isReversed, budget)
    let right = try sorted(Array(elements[middle...]), isReversed: isReversed, budget)
    var merged: [Keyed] = []
    var (first, second) = (0, 0)
    while first < left.count, second < right.count {
      let takesSecond =
        isReversed
        ? try left[first].key.isLess(than: right[second].key, budget)
        : try right[second].key.isLess(than: left[first].key, budget)
      merged.append(takesSecond ? right[second] : left[first])
      if takesSecond { second += 1 } else { first += 1 }
    }
    return merged + left[first...] + right[second...]
  }

  @Sendable
  private static func sort(
    _ input: Value, _ arguments: BoundArguments
  ) throws(JinjaError) -> Value {
    var paths: [AttributePath] = []
    if case .string(let names)? = arguments["attribute"] {
      for name in names.split(separator: ",") {
        paths.append(try AttributePath(.string(String(name))))
      }
    } else {
      paths = [try AttributePath(arguments["attribute"])]
    }
    var elements: [Keyed] = []
    for element in try input.elements(arguments.budget) {
      try arguments.budget.spend(bytes: 128)
      var keys: [Value] = []
      for path in paths {
        keys.append(try folded(try path.value(of: element, arguments.budget), arguments))
      }
      elements.append((.list(keys), element))
    }
    let result = try sorted(
      elements, isReversed: arguments.isTrue("reverse"), arguments.budget)
    return .list(result.map(\.element))
  }

  @Sendable
  private static func sortDictionary(
    _ input: Value, _ arguments: BoundArguments
  ) throws(JinjaError) -> Value {
    guard case .dictionary(let dictionary) = input else {
      throw JinjaError("dictsort: expected a dictionary, found \(input.typeName)")
    }
    let by = try arguments.text("by") ?? "key"
    guard by == "key" || by == "value" else {
      throw JinjaError("dictsort: expected by key or by value, found \(by)")
    }
    var elements: [Keyed] = []
    for (key, value) in dictionary.members {
      elements.append(
        (try folded(by == "key" ? key : value, arguments), Value.tuple([key, value])))
    }
    let result = try sorted(
      elements, isReversed: arguments.isTrue("reverse"), arguments.budget)
    return .list(result.map(\.element))
  }

  @Sendable
  private static func unique(
    _ input: Value, _ arguments: BoundArguments
  ) throws(JinjaError) -> Value {
    let path = try AttributePath(arguments["attribute"])
    var seen = ValueDictionary()
    var result: [Value] = []
    for element in try input.elements(arguments.budget) {
      let key = try folded(try path.value(of: element, arguments.budget), arguments)
      if try seen.value(of: key, arguments.budget) == nil { result.append(element) }
      try seen.set(.none, for: key, arguments.budget)
    }
    return .object(Generator(result))
  }

  /// The first element that no other one precedes.
  private static func extreme(
    _ input: Value, _ arguments: BoundArguments,
    _ precedes: (Value, Value) throws(JinjaError) -> Bool
  ) throws(JinjaError) -> Value {
    let path = try AttributePath(arguments["attribute"])
    var best: Keyed?
    for element in try input.elements(arguments.budget) {
      let key = try folded(try path.value(of: element, arguments.budget), arguments)
      if let current = best, try !precedes(key, current.key) { continue }
      best = (key, element)
    }
    return best?.element ?? .undefined("No aggregated item, sequence was empty.")
  }
}
