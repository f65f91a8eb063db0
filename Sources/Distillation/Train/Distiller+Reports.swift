internal import Compute
package import Transformer

extension Distiller {
  /// The index in `history` of a pass of the present step.
  func lossIndex(ofPass pass: Int) -> Int {
    2 * pass * Self.reportCapacity + pending.count
  }

  /// The reports of the steps since the last call. Waits for the device. Where the first of the
  /// losses is finite, its prompt is the last good one; that of the last update is not, since its
  /// loss is not known yet.
  ///
  /// - Throws: driver errors.
  package func takeReports() throws(TransformerError) -> [StepReport] {
    guard !pending.isEmpty else { return [] }
    let passes = pending.map(\.passes)
    var reports = pending.map(\.report)
    pending.removeAll(keepingCapacity: true)
    try computing { () throws(ComputeError) in
      let values = try device.download(history)
      for index in reports.indices {
        reports[index].loss = Double(values[index])
        if passes[index] > 1 {
          reports[index].loss += Double(values[2 * Self.reportCapacity + index])
        }
        reports[index].loss = reports[index].loss.withoutRounding
        reports[index].gradientNorm = Double(values[Self.reportCapacity + index])
      }
    }
    if reports[0].loss.isFinite { parameters.acceptCandidate() }
    return reports
  }
}
