import Foundation

/// Searches for the fastest constants of a device: every candidate of a kernel is built, compared
/// with the default's result and timed at the shapes of a training step.
package final class Tuner {
  /// A candidate must be faster than the default by this fraction; smaller gains are measurement
  /// noise.
  static let smallestGain = 0.03

  private let device: Device
  private let gpu: GPUEngine
  private let sizes: TrialSizes
  private let runs: Int
  /// Seconds of one run of a trial with a candidate; tests have others.
  var seconds: (Trial, TuningCandidate) throws(ComputeError) -> Double = {
    (trial, _) throws(ComputeError) in try trial.seconds()
  }

  /// - Parameters:
  ///   - device: opened for profiling, without a tuning.
  ///   - sizes: the sizes of the operands.
  ///   - runs: timed runs per candidate; the median counts.
  /// - Throws: `.nothingToTune` on the CPU path.
  package init(_ device: Device, sizes: TrialSizes = .step, runs: Int = 9) throws(ComputeError) {
    guard case .gpu(let gpu) = device.engine else {
      throw .nothingToTune
    }
    self.device = device
    self.gpu = gpu
    self.sizes = sizes
    self.runs = runs
  }

  /// The kernels with more than one candidate on this device.
  package var names: [String] {
    Tunable.all.filter {
      $0.candidates(on: gpu.target).count > 1
        && (gpu.runtime.hasMatmulLibrary || !$0.usesMatmulLibrary)
    }.map(\.name)
  }

  /// The name of the kernel of weights in blocks that are dequantised for tensor cores.
  package static var dequantisedName: String { Tunable.dequantisedMatmul.name }

  /// The candidates of one of `names`; 0 for another name.
  package func candidateCount(of name: String) -> Int {
    Tunable.all.first { $0.name == name }?.candidates(on: gpu.target).count ?? 0
  }

  /// The record of this device with these kernels and graphs, and with what else of `earlier` is
  /// still valid.
  package func record(
    _ kernels: [TunedKernel], graphs: TunedGraphs? = nil, keeping earlier: TuningRecord?
  ) -> TuningRecord {
    let names = Set(kernels.map(\.name))
    let kept = earlier?.check(gpu.target).valid.filter { !names.contains($0.name) } ?? []
    let keptGraphs = earlier?.graphs.flatMap { $0.isValid ? $0 : nil }
    return TuningRecord(
      gpu.target, kernels: kept + kernels, graphs: graphs ?? keptGraphs, date: Date.now)
  }

  /// Searches one of `names`.
  ///
  /// - Parameters:
  ///   - name: the name of the kernel.
  ///   - progress: called with each candidate before it is tried.
  /// - Throws: `.unknownKernel` for another name; `.defaultNotFinite`; what running the default
  ///   throws.
  package func search(
    _ name: String, progress: (String) -> Void = { _ in }
  ) throws(ComputeError) -> TunedKernel {
    guard let tunable = Tunable.all.first(where: { $0.name == name }),
      gpu.runtime.hasMatmulLibrary || !tunable.usesMatmulLibrary
    else {
      throw .unknownKernel(name)
    }
    return try search(tunable, progress: progress)
  }

  /// As above.
  func search(
    _ tunable: Tunable, progress: (String) -> Void = { _ in }
  ) throws(ComputeError) -> TunedKernel {
    let name = tunable.name
    let (before, usedLibrary) = (gpu.configurations[name], gpu.usesMatmulLibrary)
    defer {
      gpu.configurations[name] = before
      gpu.usesMatmulLibrary = usedLibrary
    }
    gpu.usesMatmulLibrary = tunable.usesMatmulLibrary
    let trial = Trial(device, sizes: sizes)
    try tunable.prepare(trial)
    var check = Comparison(tunable)
    var measured: [(candidate: TuningCandidate, seconds: Double)] = []
    var refused: [TunedKernel.Refusal] = []
    for candidate in tunable.candidates(on: gpu.target) {
      progress(candidate.description)
      gpu.configurations[name] = candidate
      do throws(ComputeError) {
        if let reason = check.refusal(of: try trial.results()) {
          refused.append(.init(candidate, reason))
        } else {
          measured.append((candidate, try median(trial, candidate)))
        }
      } catch {
        // The default must run; a candidate that the driver rejects is skipped.
        guard !measured.isEmpty else { throw error }
        refused.append(.init(candidate, error))
      }
      if measured.isEmpty { throw .defaultNotFinite(kernel: name) }
    }
    let tried = measured.count + refused.count
    let standard = measured[0]
    let best = try fastest(measured, of: tunable, refused: &refused)
    return TunedKernel(
      name: name, constants: best.candidate.values, source: tunable.file.fingerprint,
      defaultConstants: standard.candidate.values,
      defaultMicroseconds: standard.seconds * 1e6, microseconds: best.seconds * 1e6,
      candidates: tried, refused: refused)
  }

  /// The fastest of the candidates that is right at the other shapes too; the first, the default,
  /// where no other is faster by `smallestGain`.
  private func fastest(
    _ measured: [(candidate: TuningCandidate, seconds: Double)], of tunable: Tunable,
    refused: inout [TunedKernel.Refusal]
  ) throws(ComputeError) -> (candidate: TuningCandidate, seconds: Double) {
    let standard = measured[0]
    let faster = measured.filter { $0.seconds < standard.seconds * (1 - Self.smallestGain) }
      .sorted { $0.seconds < $1.seconds }
    guard let prepare = tunable.otherShapes else { return faster.first ?? standard }
    for found in faster {
      var refusal: TunedKernel.Refusal?
      for shape in sizes.otherHeads where refusal == nil {
        gpu.configurations[tunable.name] = standard.candidate
        let trial = Trial(device, sizes: sizes)
        try prepare(trial, shape)
        var check = Comparison(tunable)
        _ = check.refusal(of: try trial.results())
        gpu.configurations[tunable.name] = found.candidate
        do throws(ComputeError) {
          if let reason = check.refusal(of: try trial.results()) {
            refusal = .init(
              found.candidate, "head dimension \(shape.heads.headDimension): \(reason)")
          }
        } catch { refusal = .init(found.candidate, error) }
      }
      guard let refusal else { return found }
      refused.append(refusal)
    }
    return standard
  }

  private func median(
    _ trial: Trial, _ candidate: TuningCandidate
  ) throws(ComputeError) -> Double {
    var taken: [Double] = []
    for run in 0..<(runs + 1) {
      let seconds = try self.seconds(trial, candidate)
      if run > 0 { taken.append(seconds) }
    }
    taken.sort()
    return taken[taken.count / 2]
  }
}

/// The results of candidates against those of the first, the default.
private struct Comparison {
  private let tolerance: Double
  private var expected: [Trial.Found]?

  init(_ tunable: Tunable) { tolerance = tunable.tolerance }

  /// Why these results are wrong; nil if they are right. The first need to be finite.
  mutating func refusal(of found: [Trial.Found]) -> String? {
    let reference = expected ?? found
    let error = zip(found, reference).map { $0.error(against: $1) }.max() ?? 0
    guard error <= tolerance else {
      return "strays by \(error) from the default's result, expected at most \(tolerance)"
    }
    expected = reference
    return nil
  }
}
