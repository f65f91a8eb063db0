/// What filters such as `map` and `select` give: its elements can be visited once, it has no
/// length, and it is true even when it is empty.
final class JinjaGenerator: JinjaObject {
  private var elements: ArraySlice<JinjaValue>
  let depth: Int

  init(_ elements: [JinjaValue]) {
    self.elements = elements[...]
    depth = JinjaSequence(elements).depth
  }

  var typeName: String { "generator" }

  var size: Int { 128 + JinjaValue.sizeOfElement * elements.count }

  /// All elements that are left.
  func take() -> [JinjaValue] {
    defer { elements = [] }
    return Array(elements)
  }

  /// The next element.
  func next() -> JinjaValue? { elements.popFirst() }
}
