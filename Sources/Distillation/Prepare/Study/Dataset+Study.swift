import Foundation
import JSON

extension Dataset {
  /// Takes away the examples that a study kept apart; nil where the file has none of them, or no
  /// others.
  ///
  /// - Parameter url: the file that the examples were read from.
  func splitByStudy(
    of url: URL
  ) throws(DistillationError) -> (training: Dataset, validation: Dataset)? {
    var kept: Set<Int> = []
    for (index, line) in JSONLines(try TextFile.bytes(of: url)).lines.enumerated() {
      if let json = try? JSON(parsing: Array(line)), StudyLine.isHeldOut(json) {
        kept.insert(index + 1)
      }
    }
    var (training, validation) = (self, self)
    training.examples = examples.filter { !kept.contains($0.line) }
    validation.examples = examples.filter { kept.contains($0.line) }
    return training.examples.isEmpty || validation.examples.isEmpty ? nil : (training, validation)
  }
}
