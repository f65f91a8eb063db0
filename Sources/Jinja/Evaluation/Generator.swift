/// The result of filters such as `map` and `select`: its elements can be visited once, it has no
/// length, and it is true even when it is empty.
final class Generator: Object {
  private var elements: ArraySlice<Value>
  let depth: Int

  init(_ elements: [Value]) {
    self.elements = elements[...]
    depth = ValueSequence(elements).depth
  }

  var typeName: String { "generator" }

  var size: Int { 128 + Value.sizeOfElement * elements.count }

  /// All elements that are left.
  func take() -> [Value] {
    defer { elements = [] }
    return Array(elements)
  }

  /// The next element.
  func next() -> Value? { elements.popFirst() }
}
