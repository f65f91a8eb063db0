import Foundation
import Safetensors

/// The folder of a run's results. Nothing in it is written over unless the user said so, and
/// nothing is written at all before ``begin()``.
package final class RunFolder {
  /// What to do with a folder that exists.
  package enum Mode: Sendable, Equatable {
    /// Refuse it.
    case create
    /// Take away the run that is in it.
    case overwrite
    /// Go on with the run that is in it.
    case resume
  }

  /// Where it is.
  package let url: URL
  private let mode: Mode
  private var steps: FileHandle?

  /// What PEFT reads first.
  package static let adapterConfiguration = "adapter_config.json"
  /// The virtual tokens for PEFT.
  package static let adapterModel = "adapter_model.safetensors"
  /// The soft prompt alone.
  package static let softPrompt = "soft_prompt.safetensors"
  /// The run's report.
  package static let metrics = "metrics.json"
  /// One line a step.
  package static let stepMetrics = "metrics.jsonl"
  /// One line for every response that the teacher gave.
  package static let answers = "answers.jsonl"
  /// How to use the results.
  package static let readme = "README.md"
  /// The files of a run, apart from its checkpoints.
  private static let files = [
    adapterConfiguration, adapterModel, softPrompt, metrics, stepMetrics, answers, readme,
  ]

  /// Looks at the folder without changing anything.
  ///
  /// - Throws: when it exists and `mode` is ``Mode/create``; when it holds a file that a run would
  ///   write over but no run; when there is nothing to resume.
  package init(_ url: URL, mode: Mode) throws(DistillationError) {
    self.url = url
    self.mode = mode
    let manager = FileManager.default
    let exists = manager.fileExists(atPath: url.path)
    if exists && !manager.isFolder(url) {
      throw .content(file: url.path, expected: "a folder for the results", found: "a file")
    }
    switch mode {
    case .create:
      if exists { throw .outputExists(path: url.path) }
    case .overwrite:
      let names = manager.names(in: url)
      if !Self.isRun(names), let foreign = Self.files.first(where: names.contains) {
        throw .content(
          file: url.path, expected: "a run to be replaced",
          found: "a \(foreign) that no run has written")
      }
    case .resume:
      guard exists else {
        throw .content(
          file: url.path, expected: "the output folder of a run to resume", found: "nothing")
      }
      if newestCheckpoint() == nil {
        throw .content(
          file: url.path, expected: "a checkpoint-N to resume from",
          found: "none; "
            + "--overwrite begins anew")
      }
    }
  }

  private static func isRun(_ names: [String]) -> Bool {
    names.contains { [stepMetrics, adapterConfiguration].contains($0) || stepCount($0) != nil }
  }

  /// Makes the folder ready to be written to: new, cleared of an earlier run, or as the newest
  /// checkpoint left it.
  package func begin() throws(DistillationError) {
    let manager = FileManager.default
    try writing { () throws(FileError) in
      try manager.makeFolder(url)
      for name in manager.names(in: url) {
        let isPartial =
          name.hasSuffix(".partial") && Self.stepCount(String(name.dropLast(8))) != nil
        let isOld =
          mode == .overwrite && (Self.files.contains(name) || Self.stepCount(name) != nil)
        if isPartial || isOld { try manager.removeIfPresent(url.appending(path: name)) }
      }
    }
    try keepSteps(through: mode == .resume ? newestCheckpoint()?.step ?? 0 : 0)
  }

  /// Writes `metrics.json`.
  package func write(_ metrics: RunMetrics) throws(DistillationError) {
    try write(RecordCoding.encode(metrics) + [UInt8(ascii: "\n")], to: Self.metrics)
  }

  /// Writes a file of the folder, whole or not at all.
  package func write(_ bytes: [UInt8], to name: String) throws(DistillationError) {
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

  /// The lines of `metrics.jsonl` so far.
  package func stepRecords() throws(DistillationError) -> [StepRecord] {
    let path = url.appending(path: Self.stepMetrics)
    guard let data = try? Data(contentsOf: path) else { return [] }
    return data.split(separator: UInt8(ascii: "\n")).compactMap { line in
      try? JSONDecoder().decode(StepRecord.self, from: line)
    }
  }

  /// Leaves the lines of the first `count` steps in `metrics.jsonl`; those behind them are about to
  /// be done again.
  private func keepSteps(through count: Int) throws(DistillationError) {
    var text: [UInt8] = []
    for record in try stepRecords() where record.step <= count {
      text += try RecordCoding.encode(record, isIndented: false) + [UInt8(ascii: "\n")]
    }
    try write(text, to: Self.stepMetrics)
  }
}

extension RunFolder {
  private static let checkpointPrefix = "checkpoint-"

  /// The folder of the checkpoint after `step` steps.
  package func checkpoint(step: Int) -> URL {
    url.appending(path: "\(Self.checkpointPrefix)\(step)")
  }

  /// The checkpoint with the most steps, or nil.
  package func newestCheckpoint() -> (step: Int, url: URL)? {
    checkpointSteps().last.map { ($0, checkpoint(step: $0)) }
  }

  /// Removes all checkpoints but the newest `count`.
  package func pruneCheckpoints(keeping count: Int) throws(DistillationError) {
    for step in checkpointSteps().dropLast(count) {
      try writing { () throws(FileError) in
        try FileManager.default.removeIfPresent(checkpoint(step: step))
      }
    }
  }

  private func checkpointSteps() -> [Int] {
    FileManager.default.names(in: url).compactMap(Self.stepCount).sorted()
  }

  /// N of `checkpoint-N`.
  private static func stepCount(_ name: String) -> Int? {
    guard name.hasPrefix(checkpointPrefix) else { return nil }
    return Int(name.dropFirst(checkpointPrefix.count))
  }
}
