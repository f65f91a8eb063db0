import ArgumentParser
import Compute
import Distillation
import Foundation
import HuggingFace
import Logging

/// The model of the commands that do not train.
struct ModelOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A model folder, or org/name[@revision] of the hub.", valueName: "dir"))
  var model: String

  /// The folder of the model, with the files that a command needs.
  func folder(_ logger: Logger, for contents: HubContents = .model) throws -> ModelFolder {
    try ModelFolder(named: model, for: contents, logger: logger)
  }

  /// The help text on contexts of several files.
  static let corpus = """
    A context may be several files and folders: of a folder all files that end in \(Corpus.endingsText), by \
    path, but none that is hidden. They follow each other as one text, an empty line between two. Where it is \
    longer than the model's window, each line of the prompts names the part that goes before it: \
    {"context_span": [first byte, end]} in that text (UTF-8, line ends LF), as train-gpu study writes them, or \
    {"context": "..."}, a text of the line's own, which needs no --context. A line without either has all of \
    --context before it. The soft prompt is one for all of them.
    """

  /// The help text on the source of hub models.
  static let hub = """
    A model of the hub is read from its cache and fetched where it is not there: HF_HUB_CACHE, else \
    hub in HF_HOME (default: ~/.cache/huggingface) says where the cache is, HF_TOKEN, else the file \
    HF_TOKEN_PATH (default: token in HF_HOME) has the token for private and gated models, \
    HF_ENDPOINT names another hub, and HF_HUB_OFFLINE=1 forbids the network.
    """
}

/// The precision of the model's weights.
struct PrecisionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Type of the weights in memory: f32, bf16 or f16.", valueName: "type"))
  var precision = WeightPrecision.f32
}

extension WeightPrecision: ExpressibleByArgument {}
extension ActivationPrecision: ExpressibleByArgument {}

extension ModelFolder {
  /// The folder that a user names: a local one, or a snapshot in the hub's cache, which is fetched
  /// where it is missing.
  init(named name: String, for contents: HubContents = .model, logger: Logger) throws {
    guard !name.isEmpty else {
      throw UsageError(description: "--model: expected a path or a name, found an empty text")
    }
    var hub = try Hub(environment: ProcessInfo.processInfo.environment)
    hub.say = { logger.info("\($0)") }
    let report = DownloadReport(logger: logger)
    let reference = try ModelReference(name)
    let url: URL
    do {
      url = try hub.folder(
        of: reference, for: contents, report: { report.show($0) },
        warn: { logger.warning("\($0)") })
    } catch {
      throw error.besides(reference, named: name)
    }
    try self.init(at: url)
  }
}

extension HubError {
  /// The error where a name is no folder either: a user who meant a folder first reads that there
  /// is none.
  fileprivate func besides(_ reference: ModelReference, named name: String) -> HubError {
    switch (reference, self) {
    case (.repository, .offline), (.repository, .unreachable), (.repository, .unauthorized),
      (.repository, .notFound), (.repository, .refused):
      .neitherFolder(name, self)
    default: self
    }
  }
}
