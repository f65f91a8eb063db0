import Files
import Foundation

/// A line with the number of steps after which it was written.
protocol SteppedRecord: Decodable {
  var step: Int { get }
}

extension StepRecord: SteppedRecord {}
extension EvaluationRecord: SteppedRecord {}
extension RolloutRecord: SteppedRecord {}

/// The files to which a run adds lines. They grow, so no one hash is theirs: the run records how
/// far it knows them, and of lines behind that whether they go on with its own.
extension RunFolder {
  /// Their names.
  static let logs: Set = [stepMetrics, evaluations, rollouts]

  /// Whether a file is one of them, and all in it is the run's.
  func isOwnLog(_ name: String) throws(DistillationError) -> Bool {
    let file = url.appending(path: name)
    guard FileManager.default.fileExists(atPath: file.path) else { return true }
    guard let bytes = try? RecordCoding.bytes(of: file) else { return false }
    if let known = try writtenFiles().logs?[name], bytes.count >= known.bytes {
      guard SHA256.hexadecimal(of: bytes.prefix(known.bytes)) == known.digest else { return false }
      if bytes.count == known.bytes { return true }
      if !known.isGrowing { return false }
    }
    return switch name {
    case Self.stepMetrics: isInOrder(StepRecord.self, name) { $0 < $1 }
    case Self.evaluations: isInOrder(EvaluationRecord.self, name, by: <=)
    case Self.rollouts: isInOrder(RolloutRecord.self, name, by: <=)
    default: false
    }
  }

  /// Whether a file of lines begins with all that the run recorded of it; nil where it recorded
  /// nothing, as older programs.
  func beginsAsRecorded(_ name: String) throws(DistillationError) -> Bool? {
    guard let known = try writtenFiles().logs?[name] else { return nil }
    guard let bytes = try? RecordCoding.bytes(of: url.appending(path: name)) else { return false }
    return bytes.count >= known.bytes
      && SHA256.hexadecimal(of: bytes.prefix(known.bytes)) == known.digest
  }

  /// Whether the lines of a file are records in the order of a training.
  private func isInOrder<Record: SteppedRecord>(
    _ type: Record.Type, _ name: String, by isNext: (Int, Int) -> Bool
  ) -> Bool {
    guard let records = try? lines(type, of: name).records else { return false }
    return zip(records, records.dropFirst()).allSatisfy { isNext($0.step, $1.step) }
  }

  /// Notes what is about to be written under the name of such a file.
  func noteLog(_ name: String, _ bytes: [UInt8]) throws(DistillationError) {
    var hash = SHA256()
    hash.update(bytes.span)
    logHashes[name] = (hash, bytes.count)
    var record = try writtenFiles()
    guard hasRecord, record.logs?[name] != nil else { return }
    record.note(extent(of: hash, bytes.count, isGrowing: true), of: name)
    try save(record)
  }

  /// Notes lines that are about to be added.
  func noteLines(_ bytes: [UInt8], of name: String) {
    logHashes[name]?.hash.update(bytes.span)
    logHashes[name]?.bytes += bytes.count
  }

  /// Records how far the files of lines are.
  ///
  /// - Parameter isGrowing: whether the run goes on.
  func recordLogs(isGrowing: Bool) throws(DistillationError) {
    guard isWriting else { return }
    try checkNotMoved()
    var record = try writtenFiles()
    for (name, log) in logHashes {
      record.note(extent(of: log.hash, log.bytes, isGrowing: isGrowing), of: name)
    }
    try save(record)
  }

  private func extent(of hash: SHA256, _ bytes: Int, isGrowing: Bool) -> WrittenFiles.LogExtent {
    var hash = hash
    return WrittenFiles.LogExtent(
      bytes: bytes, digest: SHA256.hexadecimal(hash.finish()), isGrowing: isGrowing)
  }
}
