import JSON

/// How far the sliding windows of a model reach back to a prompt of keys and values: a key outside
/// the window of every response row has no effect and no gradient.
package struct WindowReach: Sendable, Equatable {
  /// Layers in which the longest text's last row does not see the whole prompt.
  package var layers: Int
  /// Layers in which that row sees nothing of it.
  package var blindLayers: Int
  /// L.
  package var allLayers: Int
  /// The smallest window, in positions.
  package var window: Int

  /// - Parameters:
  ///   - prompt: the prompt's rows in the prefix.
  ///   - textRows: rows of the longest text, including the prefix.
  ///   - windows: the window of each layer.
  /// - Returns: nil where every layer sees all of it.
  package init?(prompt: Range<Int>, textRows: Int, windows: [Int?]) {
    // A row sees the positions from its own less the window, plus one.
    let leaving = windows.compactMap(\.self).filter { textRows - 1 - prompt.lowerBound >= $0 }
    guard let smallest = leaving.min() else { return nil }
    layers = leaving.count
    blindLayers = leaving.count { textRows - 1 - (prompt.upperBound - 1) >= $0 }
    allLayers = windows.count
    window = smallest
  }
}

extension WindowReach: CustomStringConvertible {
  /// In how many layers the prompt leaves the window, in one line.
  package var description: String {
    "in \(layers) of \(Counted(allLayers, "layer")) the end of the longest text does not see the whole "
      + "prompt (sliding window of \(window) or more), in \(blindLayers) nothing of it"
  }
}
