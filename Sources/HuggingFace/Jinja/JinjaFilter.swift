/// A filter: what stands behind `|`.
struct JinjaFilter: Sendable {
  typealias Body =
    @Sendable (JinjaValue, JinjaBoundArguments) throws(JinjaError) -> JinjaValue
  typealias OpenBody =
    @Sendable (JinjaValue, JinjaArguments, JinjaEvaluator) throws(JinjaError) -> JinjaValue

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

  /// The value that the filter makes of `input`.
  func apply(
    _ name: String, _ input: JinjaValue, _ arguments: JinjaArguments, _ evaluator: JinjaEvaluator
  ) throws(JinjaError) -> JinjaValue {
    switch kind {
    case .fixed(let parameters, let body):
      return try body(input, try arguments.bound(to: parameters, of: name))
    case .open(let body): return try body(input, arguments, evaluator)
    }
  }

  /// Every filter under its name.
  static let all: [String: JinjaFilter] = textFilters.merging(valueFilters) { first, _ in first }
    .merging(sequenceFilters) { first, _ in first }
    .merging(orderingFilters) { first, _ in first }
    .merging(selectionFilters) { first, _ in first }
}
