import Foundation

/// The smaller run of a sweep from whose prompt a run starts, as it was then and as it is.
extension SweepPlan {
  /// Steps that the smaller run has done; nil for other starts.
  func startStep(in output: URL) -> Int? {
    guard case .smaller(let smaller) = origin else { return nil }
    return RunFolder.newestCheckpoint(in: output.appending(path: smaller))?.step
  }

  /// A line on a run that goes on from another start than a new sweep would give it; nil where it
  /// begins, or has that start.
  ///
  /// - Parameters:
  ///   - run: the run.
  ///   - step: the steps of the smaller run when it began; nil where they are not known.
  ///   - output: the folder of the sweep.
  func startNotice(_ run: DistillationRun, begunAt step: Int?, in output: URL) -> String? {
    guard case .smaller(let smaller) = origin, let state = run.checkpoint?.state else { return nil }
    let start =
      if case .file(let url) = state.options.initialization { url.lastPathComponent } else {
        "\(state.options.initialization)"
      }
    guard start == smaller else {
      return "\(folder) began from \(start); a new sweep would begin it from \(smaller)"
    }
    // More steps may have left the best prompt as it was.
    let now = try? Initialization.file(output.appending(path: smaller)).digest()
    guard let present = startStep(in: output), present != step, let now, now != state.startDigest,
      step != nil || state.startDigest != nil
    else { return nil }
    let begin = step.map { "\(smaller) at step \($0)" } ?? "an earlier \(smaller)"
    return "\(folder) began from \(begin); a new sweep would begin from step \(present)"
  }
}
