import Foundation

/// A run that meets a fault, and the run that stands in its folder before.
enum FaultScenario: String, CaseIterable {
  /// A new folder.
  case new
  /// A new folder of keys and values.
  case cartridge
  /// A new folder, with answers of the student.
  case rollouts
  /// A finished run that is taken further.
  case extended
  /// A finished run that another replaces.
  case overwritten

  private static let keysValues = ["--method", "kv"]
  private static let answering = [
    "--rollouts", "1", "--refresh-every", "2", "--loss", "reverse-kl",
  ]

  /// The run before; nil where there is none.
  var before: [String]? {
    switch self {
    case .new, .cartridge, .rollouts: nil
    case .extended: ["--steps", "4"]
    case .overwritten: ["--steps", "2", "--seed", "1"]
    }
  }

  /// What the command is given beside the usual arguments.
  var command: [String] {
    switch self {
    case .new: ["--steps", "4"]
    case .cartridge: ["--steps", "4"] + Self.keysValues
    case .rollouts: ["--steps", "4"] + Self.answering
    case .extended: ["--steps", "6", "--resume"]
    case .overwritten: ["--steps", "4", "--overwrite"]
    }
  }

  /// What a user tries after the fault, in this order, until one goes through.
  var recoveries: [[String]] {
    switch self {
    case .new: [["--steps", "4", "--resume"], ["--steps", "4"], ["--steps", "4", "--overwrite"]]
    case .cartridge: Self.new.recoveries.map { $0 + Self.keysValues }
    case .rollouts: Self.new.recoveries.map { $0 + Self.answering }
    case .extended: [["--steps", "6", "--resume"]]
    case .overwritten:
      [["--steps", "4", "--resume"], ["--steps", "4", "--overwrite"], ["--steps", "4"]]
    }
  }
}

/// The results of a run that a fault must not change.
struct RunResults: Equatable {
  private let files: [String: Data]

  /// Reads them; a file that is not there is left out.
  init(of run: URL) throws {
    var files: [String: Data] = [:]
    for name in [
      "adapter_config.json", "adapter_model.safetensors", "soft_prompt.safetensors",
      "cartridge.safetensors", "answers.jsonl", "rollouts.jsonl",
    ] {
      files[name] = try? Data(contentsOf: run.appending(path: name))
    }
    // The steps without their times.
    let steps = try String(contentsOf: run.appending(path: "metrics.jsonl"), encoding: .utf8)
    let lines = try steps.split(separator: "\n").map { line in
      var record = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      record?["seconds"] = nil
      return try JSONSerialization.data(withJSONObject: record ?? [:], options: .sortedKeys)
    }
    files["metrics.jsonl"] = Data(lines.joined(separator: Data("\n".utf8)))
    for name in ["metrics.json", "README.md"]
    where FileManager.default.fileExists(atPath: run.appending(path: name).path) {
      files[name] = Data()
    }
    self.files = files
  }

  /// The names of files that differ.
  func differences(from other: RunResults) -> [String] {
    Set(files.keys).union(other.files.keys).filter { files[$0] != other.files[$0] }.sorted()
  }
}
