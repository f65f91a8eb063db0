/// The variable `loop` of a `for` loop.
final class LoopVariable: Object, Releasable {
  /// Renders the loop again over other elements, as `loop(children)` of a recursive loop does.
  typealias Recursion = (Value, Int) throws(JinjaError) -> String

  private let elements: [Value]
  let depth: Int
  /// The level of recursion, counted from 1.
  private let level: Int
  private let recursion: Recursion?
  private var index = 0
  private var lastChanged: Value?

  init(_ sequence: ValueSequence, level: Int, recursion: Recursion?) {
    elements = sequence.elements
    depth = sequence.depth
    self.level = level
    self.recursion = recursion
  }

  var typeName: String { "LoopContext" }

  var isCallable: Bool { recursion != nil }

  func advance() { index += 1 }

  func empty() { lastChanged = nil }

  func attribute(_ name: String) -> Value? {
    switch name {
    case "index": .integer(index + 1)
    case "index0": .integer(index)
    case "revindex": .integer(elements.count - index)
    case "revindex0": .integer(elements.count - index - 1)
    case "first": .bool(index == 0)
    case "last": .bool(index == elements.count - 1)
    case "length": .integer(elements.count)
    case "depth": .integer(level)
    case "depth0": .integer(level - 1)
    case "previtem":
      index > 0 ? elements[index - 1] : .undefined("there is no previous item")
    case "nextitem":
      index + 1 < elements.count ? elements[index + 1] : .undefined("there is no next item")
    case "cycle":
      .object(
        Function(name: name, depth: depth + 1) { [self] (arguments, _) throws(JinjaError) in
          guard !arguments.positional.isEmpty else {
            throw JinjaError("no items for cycling given")
          }
          return arguments.positional[index % arguments.positional.count]
        })
    case "changed":
      .object(
        Function(name: name, depth: depth + 1) {
          [self] (arguments, evaluator) throws(JinjaError) in
          if lastChanged == nil { try evaluator.keep(self) }
          let values = Value.tuple(arguments.positional)
          let isSame = try lastChanged?.isEqual(to: values, evaluator.budget) ?? false
          lastChanged = values
          return .bool(!isSame)
        })
    default: nil
    }
  }

  func call(
    _ arguments: Arguments, _ evaluator: Evaluator
  ) throws(JinjaError) -> Value? {
    guard let recursion else { return nil }
    let bound = try arguments.bound(to: ["iterable"], of: "loop")
    return .string(try recursion(try bound.required("iterable"), level + 1))
  }
}
