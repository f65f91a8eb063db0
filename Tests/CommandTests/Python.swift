import Foundation

/// Programs in Python that tests compare with, where they are installed.
enum Python {
  /// Why a test that needs PEFT was skipped.
  static let peftReason = "needs python3 with torch, transformers and peft (pip install)"
  static let hasPEFT = run(["-c", "import torch, transformers, peft, safetensors"])
  static let hasTorch = run(["-c", "import torch"])
  static let hasTensorBoard = run(["-c", "import tensorboard"])
  static let hasMLX = run(["-c", "import mlx_lm.models.cache"])

  /// Whether a call of python3 succeeds.
  static func run(_ arguments: [String]) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3"] + arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}
