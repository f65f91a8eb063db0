/// The arguments of a test that begins with those of others.
extension [String] {
  /// Options that may be given several times.
  private static let repeatable: Set = [
    "--adapter", "--beside", "--context", "--lora", "--template-variable",
  ]

  /// These arguments with the last of each option alone, as the program wants them, and without
  /// options to which others leave nothing to do.
  var overridden: [String] {
    var groups: [[String]] = [[]]
    for argument in self {
      if argument.hasPrefix("--") {
        groups.append([argument])
      } else {
        groups[groups.count - 1].append(argument)
      }
    }
    func name(_ group: [String]) -> String? {
      guard let first = group.first, first.hasPrefix("--") else { return nil }
      return String(first.prefix { $0 != "=" })
    }
    let names = groups.map(name)
    var without: Set<String> = []
    if groups.last(where: { name($0) == "--validation" }) == ["--validation", "0"] {
      without.insert("--evaluate-every")
    }
    if names.contains("--learning-rate-keys"), names.contains("--learning-rate-values") {
      without.insert("--learning-rate")
    }
    if groups.last(where: { name($0) == "--steps" }) == ["--steps", "0"] {
      without.formUnion(["--batch-size", "--evaluate-every", "--learning-rate"])
    }
    return groups.indices.flatMap { index -> [String] in
      let group = groups[index]
      guard let name = names[index], group.count > 1 || group[0].contains("=") else { return group }
      let isLast = !names[(index + 1)...].contains(name) || Self.repeatable.contains(name)
      return isLast && !without.contains(name) ? group : []
    }
  }
}
