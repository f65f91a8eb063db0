import Files
import Foundation

/// The folder of a run's results. Its files are overwritten only on request and only where a run
/// has written them; nothing is written before ``begin()``. No two runs share one.
package final class RunFolder {
  /// What to do with an existing folder.
  package enum Mode: Sendable, Equatable {
    /// Refuse it.
    case create
    /// Remove the run in it.
    case overwrite
    /// Continue the run in it.
    case resume
  }

  /// The folder.
  package let url: URL
  private let mode: Mode
  private var steps: FileHandle?
  /// The lock of the folder, from its creation to the end of this value.
  private var lock: FileLock?

  /// PEFT's configuration of the adapter.
  package static let adapterConfiguration = "adapter_config.json"
  /// The virtual tokens for PEFT.
  package static let adapterModel = "adapter_model.safetensors"
  /// The soft prompt alone.
  package static let softPrompt = "soft_prompt.safetensors"
  /// The keys and values alone.
  package static let cartridge = "cartridge.safetensors"
  /// The run's report.
  package static let metrics = "metrics.json"
  /// One line per step.
  package static let stepMetrics = "metrics.jsonl"
  /// One line per response that the teacher generated.
  package static let answers = "answers.jsonl"
  /// The tokenizer of the adapter's prompts.
  package static let tokenizer = "tokenizer.json"
  /// Its class and special tokens.
  package static let tokenizerConfiguration = "tokenizer_config.json"
  /// The chat template of the adapter's training.
  package static let chatTemplate = "chat_template.jinja"
  /// The description of the results.
  package static let readme = "README.md"
  /// The files of a run, apart from its checkpoints.
  static let files = [
    adapterConfiguration, adapterModel, softPrompt, cartridge, metrics, stepMetrics, answers,
    chatTemplate,
    tokenizer, tokenizerConfiguration, readme,
  ]

  /// Inspects the folder without changing anything, and locks it where it exists.
  ///
  /// - Throws: when it exists and `mode` is ``Mode/create``; when another run writes to it; when it
  ///   holds files of another program that a run would overwrite; when there is nothing to resume,
  ///   or its steps cannot be read.
  package init(_ url: URL, mode: Mode) throws(DistillationError) {
    self.url = url
    self.mode = mode
    let manager = FileManager.default
    if mode != .resume, let place = Self.commonFolder(url) {
      throw .content(file: url.path, expected: "a folder of its own for the results", found: place)
    }
    guard manager.fileExists(atPath: url.path) else {
      if mode == .resume {
        throw .content(
          file: url.path, expected: "the output folder of a run to resume", found: "nothing")
      }
      return
    }
    if !manager.isFolder(url) {
      throw .content(file: url.path, expected: "a folder for the results", found: "a file")
    }
    if mode == .create { throw .outputExists(path: url.path) }
    try claim()
    try checkOrigin()
    if mode == .resume && newestCheckpoint() == nil {
      throw .noCheckpoint(path: url.path)
    }
    if mode == .resume { _ = try stepRecords() }
  }

  /// The name of a folder that no run may take for its results; nil for other folders.
  private static func commonFolder(_ url: URL) -> String? {
    func path(_ url: URL) -> String { url.resolvingSymlinksInPath().standardizedFileURL.path }
    let found = path(url)
    if found == "/" { return "the root folder" }
    let home = path(FileManager.default.homeDirectoryForCurrentUser)
    return found == home ? "the home folder" : nil
  }

  /// Prepares the folder for writing: new, cleared of an earlier run, or in the state of the newest
  /// checkpoint.
  ///
  /// - Throws: when another run has created it in the meantime.
  package func begin() throws(DistillationError) {
    let manager = FileManager.default
    if lock == nil {
      let isNew = try writing { () throws(FileError) in try manager.makeNewFolder(url) }
      if !isNew { throw .outputExists(path: url.path) }
      try claim()
    }
    try writing { () throws(FileError) in
      for name in manager.names(in: url) {
        let isOld = mode == .overwrite && Self.files.contains(name)
        if isOld || Self.isFragment(name) {
          try manager.removeIfPresent(url.appending(path: name))
        }
      }
      for folder in [url] + checkpointSteps().map(checkpoint) { try Self.removeRemains(in: folder) }
      if mode == .overwrite {
        for step in checkpointSteps() { try removeCheckpoint(step: step) }
      }
    }
    try keepSteps(through: mode == .resume ? newestCheckpoint()?.step ?? 0 : 0)
  }

  /// Locks the folder against other runs.
  private func claim() throws(DistillationError) {
    do throws(FileError) { lock = try FileLock(ofFolder: url) } catch { throw .file(error) }
    if lock == nil { throw .outputInUse(path: url.path) }
  }

  /// Removes the report of an earlier adapter.
  func removeReport() throws(DistillationError) {
    for name in [Self.metrics, Self.readme] {
      try writing { () throws(FileError) in
        try FileManager.default.removeIfPresent(url.appending(path: name))
      }
    }
  }

  /// Writes `metrics.json`.
  package func write(_ metrics: RunMetrics) throws(DistillationError) {
    try write(RecordCoding.encode(metrics) + [UInt8(ascii: "\n")], to: Self.metrics)
  }

  /// Checks that the folder was not renamed or removed since the run started: under its old name
  /// another one would be created, without the run's files and open to other runs.
  func checkNotMoved() throws(DistillationError) {
    guard let isHeld = lock?.isHeld(at: url), !isHeld else { return }
    throw .outputMoved(path: url.path)
  }

  /// Writes a file of the folder, whole or not at all.
  package func write(_ bytes: [UInt8], to name: String) throws(DistillationError) {
    try checkNotMoved()
    try writing { () throws(FileError) in
      try AtomicFile.replaceContents(of: url.appending(path: name), with: bytes)
    }
  }

  deinit {
    try? steps?.close()
  }
}

extension RunFolder {
  /// Adds a line to `metrics.jsonl`.
  package func append(_ record: StepRecord) throws(DistillationError) {
    try checkNotMoved()
    let line = try RecordCoding.encode(record, isIndented: false) + [UInt8(ascii: "\n")]
    let path = url.appending(path: Self.stepMetrics)
    try writing { () throws(FileError) in
      do {
        if steps == nil {
          steps = try FileHandle(forWritingTo: path)
          try steps?.seekToEnd()
        }
        try steps?.write(contentsOf: line)
      } catch {
        throw FileError(
          path: path.path, action: "write", reason: (error as NSError).localizedDescription)
      }
    }
  }

  /// The lines of `metrics.jsonl` so far; none where there is no such file.
  ///
  /// - Throws: when it cannot be read, or a line of it is no record. An incomplete last line, of a
  ///   killed run, is left out.
  package func stepRecords() throws(DistillationError) -> [StepRecord] {
    let path = url.appending(path: Self.stepMetrics)
    guard FileManager.default.fileExists(atPath: path.path) else { return [] }
    return try RecordCoding.decodeLines(StepRecord.self, from: path)
  }

  /// Keeps the lines of the first `count` steps in `metrics.jsonl`; the later steps will be run
  /// again.
  private func keepSteps(through count: Int) throws(DistillationError) {
    var text: [UInt8] = []
    for record in try stepRecords() where record.step <= count {
      text += try RecordCoding.encode(record, isIndented: false) + [UInt8(ascii: "\n")]
    }
    try write(text, to: Self.stepMetrics)
  }
}
