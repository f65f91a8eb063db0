/// What filters such as `map` and `select` give: its elements can be visited once, it has no
/// length, and it is true even when it is empty.
final class JinjaGenerator: JinjaObject {
  private var elements: ArraySlice<JinjaValue>

  init(_ elements: [JinjaValue]) {
    self.elements = elements[...]
  }

  var typeName: String { "generator" }

  /// All elements that are left.
  func take() -> [JinjaValue] {
    defer { elements = [] }
    return Array(elements)
  }

  /// The next element.
  func next() -> JinjaValue? { elements.popFirst() }
}
