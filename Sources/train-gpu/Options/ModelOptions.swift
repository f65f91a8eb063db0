import ArgumentParser
import Compute
import Distillation
import Foundation
import HuggingFace
import Logging
import Weights

/// The model of the commands that do not train.
struct ModelOptions: ParsableArguments {
  static let help = ArgumentHelp(
    """
    A model folder, a GGUF file, or org/name[@revision] of the hub. Where there are several GGUF \
    files, a part of the name behind a colon chooses one: org/name:Q4_K_M.
    """, valueName: "model")

  @Option(help: help, completion: .file())
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

/// The adapters that the model's weights take in.
struct LoRAOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A LoRA adapter in PEFT's format, whose updates are added to the model's weights; may be given several "
        + "times.", valueName: "dir"), completion: .directory)
  var lora: [String] = []

  /// A model with the adapters.
  func added(to folder: ModelFolder) throws -> ModelFolder {
    var folder = folder
    for url in try lora.urls(option: "lora") {
      if folder.adapters.contains(where: { $0.url.path == url.path }) {
        throw UsageError(description: "--lora: expected each adapter once, found \(url.path) twice")
      }
      folder.adapters.append(try LoRAAdapter(folder: url))
    }
    return folder
  }
}

/// The precision of the model's weights.
struct PrecisionOptions: ParsableArguments {
  static let help = ArgumentHelp(
    """
    Format of the weights in memory: auto, as the file holds them; f32, bf16, f16; or quantised to \
    q8_0 or q4_0, about a quarter and an eighth of f32; distill measures what that changes.
    """, valueName: "type")

  @Option(help: help)
  var precision = WeightPrecision.stored
}

extension WeightPrecision: ExpressibleByArgument {
  package static var allValueStrings: [String] { names }

  package static var defaultCompletionKind: CompletionKind { .list(names) }

  package var defaultValueDescription: String { description }

  package init?(argument: String) {
    self.init(named: argument)
  }
}
extension ActivationPrecision: ExpressibleByArgument {}

extension ModelFolder {
  /// The folder that a user names: a local one, or a snapshot in the hub's cache, which is fetched
  /// where it is missing.
  init(
    named name: String, for contents: HubContents = .model, option: String = "model",
    logger: Logger
  ) throws {
    guard !name.isEmpty else {
      throw UsageError(
        description: "--\(option): expected a path or a name, found an empty text")
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
    try self.init(at: url, choosing: reference.choice)
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
