import CArithmetic

/// How the threads divide the packed panels of a GEMM. A panel has a number of units of equal work,
/// each a block of rows; a last panel that is at most half as wide has half as many units.
struct PanelSchedule {
  private static let panelColumns = Int(MATMUL_PANEL_COLUMNS)
  private let rows: Int
  private let width: Int
  /// Units of a full panel.
  let unitsPerPanel: Int
  /// Units of all panels.
  let units: Int

  init(rows: Int, width: Int, threads: Int) {
    self.rows = rows
    self.width = width
    let halves = (2 * width + Self.panelColumns - 1) / Self.panelColumns
    func waste(_ unitsPerHalf: Int) -> Double {
      let units = halves * unitsPerHalf
      let longest = (units + threads - 1) / threads
      return Double(longest * threads) / Double(units)
    }
    // The fewest units that balance the threads, with at least 48 rows each if a panel has several:
    // with fewer rows, packing takes too large a part of the time.
    var best = 1
    for count in 1...max(rows / 96, 1) where waste(count) < waste(best) - 0.02 { best = count }
    unitsPerPanel = 2 * best
    units = halves * best
  }

  /// The rows and columns of adjacent units of one panel.
  func block(_ part: Range<Int>) -> (rows: Range<Int>, columns: Range<Int>) {
    let panel = part.lowerBound / unitsPerPanel
    let first = panel * unitsPerPanel
    let count = min(unitsPerPanel, units - first)
    let column = panel * Self.panelColumns
    return (
      ((part.lowerBound - first) * rows / count)..<((part.upperBound - first) * rows / count),
      column..<min(column + Self.panelColumns, width)
    )
  }
}
