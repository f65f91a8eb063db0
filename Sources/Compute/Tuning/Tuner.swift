import Foundation

/// Searches for the fastest constants of a device: every candidate of a kernel is built, compared
/// with the default's result and timed at the shapes of a training step.
package final class Tuner {
  /// A candidate is rejected if a result differs more from the default's: constants only change the
  /// order of f32 sums.
  static let tolerance = 1e-5
  /// A candidate must be faster than the default by this fraction; smaller gains are measurement
  /// noise.
  static let smallestGain = 0.03

  private let device: Device
  private let gpu: GPUEngine
  private let sizes: TrialSizes
  private let runs: Int

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
    Tunable.all.filter { $0.candidates(on: gpu.target).count > 1 }.map(\.name)
  }

  /// The record of this device with these kernels, and with the other kernels of `earlier` that are
  /// still valid.
  package func record(_ kernels: [TunedKernel], keeping earlier: TuningRecord?) -> TuningRecord {
    let names = Set(kernels.map(\.name))
    let kept = earlier?.check(gpu.target).valid.filter { !names.contains($0.name) } ?? []
    return TuningRecord(gpu.target, kernels: kept + kernels, date: Date.now)
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
    guard let tunable = Tunable.all.first(where: { $0.name == name }) else {
      throw .unknownKernel(name)
    }
    let (before, usedLibrary) = (gpu.configurations[name], gpu.usesMatmulLibrary)
    defer {
      gpu.configurations[name] = before
      gpu.usesMatmulLibrary = usedLibrary
    }
    // The tiles of our own kernel are tuned, for weights that the library does not multiply.
    gpu.usesMatmulLibrary = false
    let trial = Trial(device, sizes: sizes)
    try tunable.prepare(trial)
    var expected: [Trial.Found]?
    var measured: [(candidate: TuningCandidate, seconds: Double)] = []
    var refused: [TunedKernel.Refusal] = []
    for candidate in tunable.candidates(on: gpu.target) {
      progress(candidate.description)
      gpu.configurations[name] = candidate
      do throws(ComputeError) {
        let found = try trial.results()
        let error = zip(found, expected ?? found).map { $0.error(against: $1) }.max() ?? 0
        guard error <= Self.tolerance || expected != nil else { break }
        if error <= Self.tolerance {
          measured.append((candidate, try median(trial)))
        } else {
          refused.append(.init(candidate, "strays by \(error) from the default's result"))
        }
        expected = expected ?? found
      } catch {
        // The default must run; a candidate that the driver rejects is skipped.
        guard expected != nil else { throw error }
        let line = error.description.split(whereSeparator: \.isNewline).first.map(String.init)
        refused.append(.init(candidate, line ?? "failed"))
      }
    }
    guard let standard = measured.first,
      let fastest = measured.min(by: { $0.seconds < $1.seconds })
    else {
      throw .defaultNotFinite(kernel: name)
    }
    let isGain = fastest.seconds < standard.seconds * (1 - Self.smallestGain)
    let best = isGain ? fastest : standard
    return TunedKernel(
      name: name, constants: best.candidate.values, source: tunable.file.fingerprint,
      defaultConstants: standard.candidate.values,
      defaultMicroseconds: standard.seconds * 1e6, microseconds: best.seconds * 1e6,
      candidates: measured.count + refused.count, refused: refused)
  }

  private func median(_ trial: Trial) throws(ComputeError) -> Double {
    var seconds: [Double] = []
    for run in 0..<(runs + 1) {
      let taken = try trial.seconds()
      if run > 0 { seconds.append(taken) }
    }
    seconds.sort()
    return seconds[seconds.count / 2]
  }
}
