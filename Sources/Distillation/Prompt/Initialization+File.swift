import Files
import Foundation
import HuggingFace
internal import Inference
import JSON
internal import Transformer

extension TrainingOptions {
  /// Checks the adapter that a training starts from, where the user names one, before the model is
  /// loaded.
  ///
  /// - Returns: the adapter; nil where the training starts from another start, or from a file of
  ///   embeddings alone.
  /// - Throws: where there is none, it is of another model's shape or of another method, or has
  ///   more tokens than the run; PEFT's virtual tokens hold header and closing too, so they are
  ///   never some of the prompt's, and must be as many.
  func checkStart(
    for configuration: DecoderConfiguration
  ) throws(DistillationError) -> StartingAdapter? {
    guard case .file(let url)? = chosenInitialization else { return nil }
    // A file of embeddings may have any ending.
    let isAdapter = url.pathExtension == "safetensors" || FileManager.default.isFolder(url)
    guard isAdapter else {
      if !FileManager.default.fileExists(atPath: url.path) {
        throw .option(
          .initialization, expected: "an adapter's folder or a .safetensors file",
          found: "nothing at \(url.path)")
      }
      return nil
    }
    let adapter = try AdapterImport(at: url, for: configuration)
    let form = adapter.prompt.form
    let isKeysValues = method == .keysValues
    let isOwn = if case .softPrompt = adapter { true } else { false }
    let rows = form.tokenCount
    let frozen = try isOwn || !isKeysValues ? 0 : PEFTFolder.frozenRows(url)
    let fits = isOwn ? rows <= tokens : rows == tokens || rows == frozen + tokens
    guard form.isKeysValues == isKeysValues, fits else {
      throw .option(
        .initialization,
        expected: "\(isKeysValues ? "keys and values" : "embeddings") of "
          + "\(isOwn ? "at most " : "")\(Counted(tokens, "token"))",
        found: "\(Counted(rows, "token")) of \(form.tensors[0].name) in \(url.path)")
    }
    return StartingAdapter(url: url, adapter: adapter)
  }
}

extension TrainingOptions {
  /// Checks that the adapter which the user names for a run that goes on is the one from which it
  /// started: one that was moved may be another, and so may what stands in its old place.
  ///
  /// - Parameters:
  ///   - recorded: the checkpoint, with its SHA-256 unless an older program has written it.
  ///   - checkpoint: its path, for the error.
  /// - Throws: ``DistillationError/changedSinceCheckpoint(checkpoint:item:recorded:found:)``; where
  ///   an adapter that was moved cannot be read.
  func checkStart(
    against recorded: TrainingCheckpoint.State, checkpoint: String
  ) throws(DistillationError) {
    try chosenInitialization?.check(
      digest: recorded.startDigest, of: recorded.options.chosenInitialization,
      checkpoint: checkpoint)
  }
}

extension Initialization {
  /// The SHA-256 of an adapter's file; nil for other starts.
  func digest() throws(DistillationError) -> String? {
    guard case .file(let url) = self else { return nil }
    return try AdapterImport.digest(of: url)
  }

  /// Checks that a start is the one that was recorded; where no adapter is in its place any more,
  /// none is needed.
  ///
  /// - Parameters:
  ///   - digest: the recorded SHA-256 of its file; nil where none is known.
  ///   - recorded: the recorded start.
  ///   - checkpoint: where that stands, for the error.
  func check(
    digest: String?, of recorded: Initialization?, checkpoint: String
  ) throws(DistillationError) {
    guard let digest, case .file(let url) = self else { return }
    let found: String
    do throws(DistillationError) {
      found = try AdapterImport.digest(of: url)
    } catch {
      if isInPlace(of: recorded) { return }
      throw error
    }
    guard found != digest else { return }
    throw .changedSinceCheckpoint(
      checkpoint: checkpoint, item: .chosen("the adapter", by: [.initialization]),
      recorded: RunFingerprints.short(digest), found: RunFingerprints.short(found))
  }
}

/// The adapter that a training starts from.
struct StartingAdapter {
  let url: URL
  let adapter: AdapterImport

  /// A notice where it was made for another model than that of the run; nil where it was not, or
  /// nothing is known of its model.
  func notice(
    for folder: ModelFolder, named name: ModelName
  ) throws(DistillationError) -> InputNotice? {
    let other = InputNotice.otherModel(adapter: url.path, model: name.reference)
    switch try adapter.kinship(to: folder) {
    case .other: return other
    case .same: return try isForeign(to: folder, named: name) ? other : nil
    case let kinship: return kinship.notice(of: url.path)
    }
  }

  /// Whether PEFT's configuration names another model, as far as names tell.
  private func isForeign(
    to folder: ModelFolder, named name: ModelName
  ) throws(DistillationError) -> Bool {
    guard case .virtualTokens = adapter, FileManager.default.isFolder(url),
      let base = try PEFTFolder(url).baseModel, ![name.identifier, name.reference].contains(base)
    else { return false }
    let baseURL = URL(fileURLWithPath: base)
    if FileManager.default.isFolder(baseURL) {
      guard let model = try? ModelFolder(at: baseURL), let found = try? model.fingerprint(),
        let own = try? folder.withoutAdapters.fingerprint()
      else { return false }
      return found != own
    }
    return [base, name.identifier].allSatisfy { text in
      text.first != "/" && text.count { $0 == "/" } == 1
    }
  }
}
