import ArgumentParser
import Compute
import Foundation
import HuggingFace

/// The model of the commands that do not train.
struct ModelOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A model folder, or org/name[@revision] of the hub's cache.", valueName: "dir"))
  var model: String

  /// The folder of the model.
  func folder() throws -> ModelFolder { try ModelFolder(named: model) }
}

/// How the model's weights are held.
struct PrecisionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Type of the weights in memory: f32, bf16 or f16.", valueName: "type"))
  var precision = WeightPrecision.f32
}

extension WeightPrecision: ExpressibleByArgument {}

extension ModelFolder {
  /// The folder that a user names: one of this machine, or a snapshot of the hub's cache.
  init(named name: String) throws {
    switch try ModelReference(name) {
    case .folder(let url):
      try self.init(at: url)
    case .repository(let repository):
      let environment = ProcessInfo.processInfo.environment
      let cache = HubCache(environment: environment)
      guard let snapshot = cache.snapshot(of: repository) else {
        throw HubError.notCached(
          repository: "\(repository)", cache: cache.folder.path,
          offline: environment["HF_HUB_OFFLINE"] == "1")
      }
      try self.init(at: snapshot)
    }
  }
}
