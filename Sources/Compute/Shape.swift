/// The extents of an operand: up to three dimensions, the last of which is contiguous.
package struct Shape: Sendable, Equatable, CustomStringConvertible {
  private let extents: (Int, Int?, Int?)

  package init(_ first: Int, _ second: Int? = nil, _ third: Int? = nil) {
    extents = (first, second, third)
  }

  /// The first extent.
  package var rows: Int { extents.0 }
  /// Elements of all dimensions.
  package var count: Int { extents.0 * (extents.1 ?? 1) * (extents.2 ?? 1) }

  package var description: String {
    let all = [extents.0, extents.1, extents.2].compactMap { $0 }
    return "[\(all.map(String.init).joined(separator: ", "))]"
  }

  package static func == (one: Shape, other: Shape) -> Bool { one.extents == other.extents }
}
