import Foundation

/// The tuned configuration of one kernel.
package struct TunedKernel: Codable, Sendable, Equatable {
  /// A candidate that failed.
  package struct Refusal: Codable, Sendable, Equatable {
    package var constants: [String: Int]
    package var reason: String

    init(_ candidate: TuningCandidate, _ reason: String) {
      constants = candidate.values
      self.reason = reason
    }

    /// One line.
    init(_ candidate: TuningCandidate, _ error: ComputeError) {
      let line = error.description.split(whereSeparator: \.isNewline).first.map(String.init)
      self.init(candidate, line ?? "failed")
    }
  }

  package var name: String
  /// The `-D` constants to build it with.
  package var constants: [String: Int]
  /// A hash of the source that was tuned.
  package var source: String
  package var defaultConstants: [String: Int]
  /// Medians at the shapes of a training step.
  package var defaultMicroseconds: Double
  package var microseconds: Double
  /// Candidates that were tried, and those of them that failed or gave another result.
  package var candidates: Int
  package var refused: [Refusal]

  private enum CodingKeys: String, CodingKey {
    case name, constants, source, candidates, refused
    case defaultConstants = "default_constants"
    case defaultMicroseconds = "default_microseconds"
    case microseconds
  }
}

/// A device and the kernel variant that it runs.
struct TuningTarget {
  let properties: DeviceProperties
  let isCPUType: Bool

  var identity: TuningRecord.Identity { TuningRecord.Identity(self) }
}

/// The tuning of one device and driver, as stored in the user's cache folder.
package struct TuningRecord: Codable, Sendable, Equatable {
  package var platform: String
  package var device: String
  package var driver: String
  /// The variant that was tuned: `cpu` or `gpu`.
  package var variant: String
  /// Time of the last change, in ISO 8601.
  package var date: String
  package var kernels: [TunedKernel]
  /// Nil where graphs have not been tried, as in every record of a program without that trial.
  package var graphs: TunedGraphs?

  init(
    _ target: TuningTarget, kernels: [TunedKernel], graphs: TunedGraphs? = nil, date: Date
  ) {
    let identity = target.identity
    platform = identity.platform
    device = identity.device
    driver = identity.driver
    variant = identity.variant
    self.date = date.formatted(.iso8601)
    self.kernels = kernels
    self.graphs = graphs
  }

  private enum CodingKeys: String, CodingKey {
    case platform, device, driver, date, kernels, graphs
    case variant = "bodies"
  }

  /// The device, driver and variant of a record.
  struct Identity: Equatable {
    let platform: String
    let device: String
    let driver: String
    let variant: String

    fileprivate init(_ target: TuningTarget) {
      platform = target.properties.platform
      device = target.properties.name
      driver = target.properties.driver
      variant = target.isCPUType ? "cpu" : "gpu"
    }

    fileprivate init(_ record: TuningRecord) {
      platform = record.platform
      device = record.device
      driver = record.driver
      variant = record.variant
    }

    /// `DEVICE-DRIVER.json`, of letters, digits, dots and underscores.
    var fileName: String {
      Self.fileName([device, driver] + (variant == "cpu" ? ["cpu"] : [])) + ".json"
    }

    /// Parts of a name, of letters, digits, dots and underscores.
    static func fileName(_ parts: [String]) -> String {
      parts.map { part in
        part.split { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == ".")) }
          .joined(separator: "_")
      }
      .joined(separator: "-")
    }
  }

  var identity: Identity { Identity(self) }

  /// The kernels with valid constants, the number tuned for another source, and those with
  /// constants that are not candidates.
  func check(
    _ target: TuningTarget
  ) -> (
    valid: [TunedKernel], configurations: [String: TuningCandidate], stale: Int, invalid: [String]
  ) {
    var valid: [TunedKernel] = []
    var configurations: [String: TuningCandidate] = [:]
    var stale = 0
    var invalid: [String] = []
    for kernel in kernels {
      guard let tunable = Tunable.all.first(where: { $0.name == kernel.name }),
        tunable.file.fingerprint == kernel.source
      else {
        stale += 1
        continue
      }
      let chosen = tunable.candidates(on: target).first { $0.values == kernel.constants }
      guard let chosen else {
        invalid.append(kernel.name)
        continue
      }
      valid.append(kernel)
      configurations[kernel.name] = chosen
    }
    return (valid, configurations, stale, invalid)
  }
}
