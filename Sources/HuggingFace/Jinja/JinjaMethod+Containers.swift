extension JinjaMethod {
  /// Calls a method of a dictionary.
  static func call(
    _ name: String, on dictionary: JinjaDictionary, _ arguments: JinjaArguments
  ) throws(JinjaError) -> JinjaValue? {
    switch name {
    case "items":
      return .list(dictionary.members.map { .tuple([$0.key, $0.value]) })
    case "keys": return .list(dictionary.keys)
    case "values": return .list(dictionary.values)
    case "get":
      let bound = try arguments.bound(to: ["key", "default"], of: name)
      return try dictionary.value(of: try bound.required("key")) ?? bound["default"]
        ?? JinjaValue.none
    default: return nil
    }
  }

  /// Calls a method of a list or tuple.
  static func call(
    _ name: String, on elements: [JinjaValue], _ arguments: JinjaArguments
  ) throws(JinjaError) -> JinjaValue? {
    let value = try arguments.bound(to: ["value"], of: name).required("value")
    switch name {
    case "count": return .integer(elements.count { $0.isEqual(to: value) })
    case "index":
      guard let index = elements.firstIndex(where: { $0.isEqual(to: value) }) else {
        throw JinjaError("\(value.representation) is not in list")
      }
      return .integer(index)
    default: return nil
    }
  }
}
