import Files
import Foundation
internal import Inference
import JSON
internal import Transformer

extension TrainingOptions {
  /// Checks the adapter that a training starts from, where the user names one, before the model is
  /// loaded.
  ///
  /// - Throws: where there is none, it is of another model's shape or of another method, or has more
  ///   tokens than the run; PEFT's virtual tokens hold header and closing too, so they are never some
  ///   of the prompt's, and must be as many.
  func checkStart(for configuration: DecoderConfiguration) throws(DistillationError) {
    guard case .file(let url)? = chosenInitialization else { return }
    // A file of embeddings may have any ending.
    guard url.pathExtension == "safetensors" || FileManager.default.isFolder(url) else { return }
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
  }
}
