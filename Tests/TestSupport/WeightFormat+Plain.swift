import Weights

extension WeightFormat {
  /// The formats without blocks: a matrix may then have any number of columns.
  package static let plain = allCases.filter { !$0.isBlocked }
}
