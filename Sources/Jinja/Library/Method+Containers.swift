extension Method {
  /// Calls a method of a dictionary.
  static func call(
    _ name: String, on dictionary: ValueDictionary, _ arguments: Arguments
  ) throws(JinjaError) -> Value? {
    switch name {
    case "items":
      return .list(dictionary.members.map { .tuple([$0.key, $0.value]) })
    case "keys": return .list(dictionary.keys)
    case "values": return .list(dictionary.values)
    case "get":
      let bound = try arguments.bound(to: ["key", "default"], of: name)
      return try dictionary.value(of: try bound.required("key"), arguments.budget) ?? bound[
        "default"]
        ?? Value.none
    default: return nil
    }
  }

  /// Calls a method of a list or tuple.
  static func call(
    _ name: String, on sequence: ValueSequence, _ arguments: Arguments
  ) throws(JinjaError) -> Value? {
    let value = try arguments.bound(to: ["value"], of: name).required("value")
    switch name {
    case "count":
      var count = 0
      for element in sequence.elements where try element.isEqual(to: value, arguments.budget) {
        count += 1
      }
      return .integer(count)
    case "index":
      for (index, element) in sequence.elements.enumerated()
      where try element.isEqual(to: value, arguments.budget) {
        return .integer(index)
      }
      throw JinjaError("\(try value.representation(arguments.budget)) is not in list")
    default: return nil
    }
  }
}
