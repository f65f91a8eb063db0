/// A filter: a function that `|` applies.
struct Filter: Sendable {
  typealias Body =
    @Sendable (Value, BoundArguments) throws(JinjaError) -> Value
  typealias OpenBody =
    @Sendable (Value, Arguments, Evaluator) throws(JinjaError) -> Value

  private enum Kind: Sendable {
    case fixed([String], Body)
    case open(OpenBody)
  }

  private let kind: Kind

  /// A filter with named parameters.
  init(_ parameters: [String], _ body: @escaping Body) {
    kind = .fixed(parameters, body)
  }

  /// A filter that takes any arguments and may apply other filters and tests.
  init(open body: @escaping OpenBody) {
    kind = .open(body)
  }

  /// Applies the filter to `input`.
  func apply(
    _ name: String, _ input: Value, _ arguments: Arguments, _ evaluator: Evaluator
  ) throws(JinjaError) -> Value {
    switch kind {
    case .fixed(let parameters, let body):
      return try body(input, try arguments.bound(to: parameters, of: name))
    case .open(let body): return try body(input, arguments, evaluator)
    }
  }

  /// Every filter under its name.
  static let all: [String: Filter] = textFilters.merging(valueFilters) { first, _ in first }
    .merging(sequenceFilters) { first, _ in first }
    .merging(orderingFilters) { first, _ in first }
    .merging(selectionFilters) { first, _ in first }
}
