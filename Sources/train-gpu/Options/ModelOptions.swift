import ArgumentParser
import Compute
import Foundation
import HuggingFace
import Logging

/// The model of the commands that do not train.
struct ModelOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A model folder, or org/name[@revision] of the hub.", valueName: "dir"))
  var model: String

  /// The folder of the model.
  func folder(_ logger: Logger) throws -> ModelFolder {
    try ModelFolder(named: model, logger: logger)
  }
}

/// How the model's weights are held.
struct PrecisionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Type of the weights in memory: f32, bf16 or f16.", valueName: "type"))
  var precision = WeightPrecision.f32
}

extension WeightPrecision: ExpressibleByArgument {}
extension ActivationPrecision: ExpressibleByArgument {}

extension ModelFolder {
  /// The folder that a user names: one of this machine, or a snapshot in the hub's cache, fetched
  /// where it is not there.
  init(named name: String, logger: Logger) throws {
    let hub = try Hub(environment: ProcessInfo.processInfo.environment)
    let report = DownloadReport(logger: logger)
    try self.init(at: hub.folder(of: ModelReference(name)) { report.show($0) })
  }
}
