/// The elements of a list or tuple.
struct ValueSequence {
  let elements: [Value]

  /// Containers within one another, this one included. It is kept, because finding it again and
  /// again would cost more than making the sequence.
  let depth: Int

  init(_ elements: [Value]) {
    self.elements = elements
    var depth = 0
    for element in elements { depth = max(depth, element.depth) }
    self.depth = depth + 1
  }
}
