import Files
import Foundation

/// The folder of a run's results. Its files are overwritten only on request and only where a run
/// has written them; nothing is written before ``begin()``. No two runs share one. Of several ranks
/// the first one alone writes to it: what others write is dropped.
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
  /// Whether anything is written.
  let isWriting: Bool
  let mode: Mode
  /// The files of lines that are open, by name.
  private var handles: [String: FileHandle] = [:]
  /// The lock of the folder, from its creation to the end of this value.
  private var lock: FileLock?
  /// The lines that the run has written, by file: their hash and bytes.
  var logHashes: [String: (hash: SHA256, bytes: Int)] = [:]
  /// What the run has written; nil before it was looked up.
  var knownFiles: WrittenFiles?
  /// Lines on files of the user that were kept.
  var keptNotices: [String] = []

  /// PEFT's configuration of the adapter.
  package static let adapterConfiguration = "adapter_config.json"
  /// The virtual tokens for PEFT.
  package static let adapterModel = "adapter_model.safetensors"
  /// The soft prompt alone.
  package static let softPrompt = "soft_prompt.safetensors"
  /// The keys and values alone.
  package static let cartridge = "cartridge.safetensors"
  /// The folder of TensorBoard's events.
  package var events: URL { url.appending(path: Self.eventsName) }
  package static let eventsName = "tensorboard"
  /// Whether there are some.
  var hasEvents: Bool { FileManager.default.isFolder(events) }
  /// The run's report.
  package static let metrics = "metrics.json"
  /// One line per step.
  package static let stepMetrics = "metrics.jsonl"
  /// One line per held-out evaluation.
  package static let evaluations = "evaluations.jsonl"
  /// One line per held-out prompt, with the answers of the judged models.
  package static let heldOutAnswers = "heldout_answers.jsonl"
  /// The report for a browser.
  package static let page = "report.html"
  /// One line per answer of the student that training took.
  package static let rollouts = "rollouts.jsonl"
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
    adapterConfiguration, adapterModel, softPrompt, cartridge, metrics, stepMetrics, evaluations,
    heldOutAnswers, page, SweepRecord.name, answers, rollouts, chatTemplate, tokenizer,
    tokenizerConfiguration, readme, WrittenFiles.name,
  ]

  /// Bytes of the longest path of a file in the folder: a checkpoint's, while it is written.
  static let longestPath =
    "checkpoint-\(Int.max).\(partialExtension)/\(TrainingCheckpoint.tensorsName)".utf8.count
    + AtomicFile.temporaryLength

  /// Inspects the folder without changing anything, and locks it where it exists.
  ///
  /// - Parameters:
  ///   - url: the folder.
  ///   - mode: what to do where it exists.
  ///   - isWriting: whether this process is the one that writes to it.
  /// - Throws: when it exists and `mode` is ``Mode/create``; when another run writes to it; when it
  ///   holds files of another program that a run would overwrite; when there is nothing to resume,
  ///   or its steps cannot be read.
  package init(_ url: URL, mode: Mode, isWriting: Bool = true) throws(DistillationError) {
    self.url = url
    self.isWriting = isWriting
    self.mode = mode
    let manager = FileManager.default
    if mode != .resume, let place = Self.commonFolder(url) {
      throw .content(file: url.path, expected: "a folder of its own for the results", found: place)
    }
    guard manager.fileExists(atPath: url.path) else {
      if mode == .resume {
        throw .content(
          file: url.path, expected: "the output folder of a run to resume",
          found: manager.isLink(url) ? "a link that leads nowhere" : "nothing")
      }
      if isWriting {
        try placingOutput { () throws(FileError) in
          try manager.checkCanMake(url, holding: Self.longestPath)
        }
      }
      return
    }
    if !manager.isFolder(url) {
      throw .content(
        file: url.path, expected: "a folder for the results",
        found: SpecialFile(at: url.path)?.title ?? "a file")
    }
    if mode == .create { throw .outputExists(path: url.path, holdsRun: holdsWork) }
    try placingOutput { () throws(FileError) in
      try manager.checkLength(url, holding: Self.longestPath)
    }
    if isWriting { try claim() }
    try checkLinks()
    try checkOrigin()
    _ = try WrittenFiles.read(in: url)
    let goesOn = mode == .resume && newestCheckpoint() != nil
    if mode == .resume && !goesOn {
      if SweepRecord.exists(in: url) {
        let sweep = try SweepRecord.read(in: url)
        throw .holdsSweep(path: url.path, runs: sweep.members.map(\.folder))
      }
      let runs = Self.sweptRuns(in: url)
      if !runs.isEmpty { throw .sweepWithoutRecord(url, runs: runs) }
      throw .noCheckpoint(path: url.path)
    }
    if mode == .resume { try checkLines() }
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
    guard isWriting else { return }
    try claimNew()
    if mode == .overwrite { try removeSweep() }
    try removeFragments()
    if mode == .overwrite { try clear() }
    let kept = mode == .resume ? newestCheckpoint()?.step ?? 0 : 0
    try keepSteps(through: kept)
    if mode == .resume {
      try keepEvaluations(through: kept)
      try keepRollouts(through: kept)
    }
  }

  /// Makes and locks the folder, where it is new.
  ///
  /// - Throws: when another run has created it in the meantime.
  func claimNew() throws(DistillationError) {
    guard lock == nil else { return }
    let isNew = try placingOutput { () throws(FileError) in
      try FileManager.default.makeNewFolder(url)
    }
    if !isNew { throw .outputExists(path: url.path, holdsRun: true) }
    try claim()
  }

  /// Locks the folder against other runs.
  private func claim() throws(DistillationError) {
    do throws(FileError) { lock = try FileLock(ofFolder: url) } catch { throw .file(error) }
    if lock == nil { throw .outputInUse(path: url.path) }
  }

  /// Removes the report of an earlier adapter.
  func removeReport() throws(DistillationError) {
    for name in [Self.metrics, Self.readme, Self.heldOutAnswers, Self.page] { try remove(name) }
  }

  /// Writes `metrics.json`.
  ///
  /// - Throws: as ``write(_:to:)``.
  package func write(_ metrics: RunMetrics) throws(DistillationError) {
    try write(RecordCoding.encode(metrics) + [UInt8(ascii: "\n")], to: Self.metrics)
  }

  /// Checks that the folder was not renamed or removed since the run started: under its old name
  /// another one would be created, without the run's files and open to other runs.
  func checkNotMoved() throws(DistillationError) {
    guard let isHeld = lock?.isHeld(at: url), !isHeld else { return }
    throw .outputMoved(path: url.path)
  }

  /// A file of lines, open at its end.
  func handle(of name: String) throws -> FileHandle {
    if let open = handles[name] { return open }
    let file = try FileHandle(forWritingTo: url.appending(path: name))
    try file.seekToEnd()
    handles[name] = file
    return file
  }

  deinit {
    for file in handles.values { try? file.close() }
  }
}

extension RunFolder {
  /// Adds a line to `metrics.jsonl`.
  ///
  /// - Throws: ``DistillationError/file(_:)`` when the system refuses, or something else has its
  ///   name; ``DistillationError/outputMoved(path:)`` where the folder is no longer in its place.
  package func append(_ record: StepRecord) throws(DistillationError) {
    try appendLine(record, to: Self.stepMetrics)
  }

  /// The lines of `metrics.jsonl` so far; none where there is no such file.
  ///
  /// - Throws: when it cannot be read, or a line of it is no record. An incomplete last line, of a
  ///   killed run, is left out.
  package func stepRecords() throws(DistillationError) -> [StepRecord] {
    try lines(StepRecord.self, of: Self.stepMetrics).records
  }

  /// Keeps the lines of the first `count` steps in `metrics.jsonl`; the later steps will be run
  /// again.
  private func keepSteps(through count: Int) throws(DistillationError) {
    try write(
      RecordCoding.lines(of: stepRecords().filter { $0.step <= count }), to: Self.stepMetrics)
  }
}
