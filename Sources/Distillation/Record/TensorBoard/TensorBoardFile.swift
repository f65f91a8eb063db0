import Files
import Foundation

/// A file of TensorBoard's events of one training: `OUTPUT/tensorboard/events.out.tfevents...`. A
/// run that goes on begins another file, which TensorBoard reads as the continuation.
///
/// Tags are those of the trainers of transformers, TRL and PEFT: `train/loss`,
/// `train/learning_rate`, `train/grad_norm`, and `eval/` for what is held out.
final class TensorBoardFile {
  private let url: URL
  private let file: FileHandle

  private static let prefix = "events.out.tfevents."
  private static let suffix = ".pith"

  /// Begins a file.
  ///
  /// - Parameters:
  ///   - folder: of the events, which is made where it does not exist.
  ///   - firstStep: the step from which events of earlier files are void; nil for a new run.
  init(in folder: URL, continuingFrom firstStep: Int?) throws(DistillationError) {
    let host = ProcessInfo.processInfo.hostName
    let process = ProcessInfo.processInfo.processIdentifier
    let time = Date.now.timeIntervalSince1970
    url = folder.appending(path: "\(Self.prefix)\(Int(time)).\(host).\(process)\(Self.suffix)")
    var events = [TensorBoardEvent(time: time, step: 0, content: .version)]
    if let firstStep { events.append(.init(time: time, step: firstStep, content: .restart)) }
    let (path, bytes) = (url, events.flatMap(\.record))
    try writing { () throws(FileError) in
      let manager = FileManager.default
      if !manager.isFolder(folder) { try manager.makeFolder(folder) }
      try AtomicFile.replaceContents(of: path, with: bytes)
    }
    do {
      file = try FileHandle(forWritingTo: url)
      try file.seekToEnd()
    } catch { throw Self.failure(url, error) }
  }

  /// Adds the numbers of a step.
  func append(_ record: StepRecord) throws(DistillationError) {
    var scalars = [
      ("train/loss", record.loss), ("train/learning_rate", Double(record.learningRate)),
      ("train/grad_norm", record.gradientNorm), ("train/seconds", record.seconds),
    ]
    if let rates = record.keyValueRates {
      scalars.append(("train/learning_rate_keys", Double(rates.keys)))
      scalars.append(("train/learning_rate_values", Double(rates.values)))
    }
    try append(scalars, step: record.step)
  }

  /// Adds the numbers of an evaluation.
  func append(_ record: EvaluationRecord) throws(DistillationError) {
    let scalars = [
      ("eval/kl", record.kl), ("eval/cross_entropy", record.crossEntropy),
      ("eval/top1_agreement", record.top1Agreement),
    ]
    try append(
      scalars.compactMap { tag, value in value.map { (tag, $0) } }, step: record.step)
  }

  private func append(_ scalars: [(String, Double)], step: Int) throws(DistillationError) {
    let event = TensorBoardEvent(
      time: Date.now.timeIntervalSince1970, step: step,
      content: .scalars(scalars.map { .init(tag: $0.0, value: $0.1) }))
    do { try file.write(contentsOf: event.record) } catch { throw Self.failure(url, error) }
  }

  private static func failure(_ url: URL, _ error: any Error) -> DistillationError {
    .file(
      FileError(path: url.path, action: "write", reason: (error as NSError).localizedDescription))
  }

  /// Removes the files of a run that is replaced, and their folder where nothing else is in it.
  static func removeAll(in folder: URL) throws(FileError) {
    let manager = FileManager.default
    let names = manager.names(in: folder)
    let own = names.filter { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) }
    for name in own { try manager.removeIfPresent(folder.appending(path: name)) }
    if !own.isEmpty && own.count == names.count { try manager.removeIfPresent(folder) }
  }

  deinit { try? file.close() }
}
