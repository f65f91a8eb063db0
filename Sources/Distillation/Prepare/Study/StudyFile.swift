import Files
import Foundation
import JSON

/// The file of a study with its record. Nothing is written before ``begin(_:)``, and no other file is
/// ever written over.
final class StudyFile {
  /// Where the lines are.
  let url: URL
  /// How the study in it was begun and how far it is; nil where it begins anew.
  let recorded: StudyRecord?
  private let isWriting: Bool
  /// Whether a study that is replaced was changed since, so that its lines are kept.
  private let isChanged: Bool
  /// A line on lines of the user that were kept under another name; nil where there were none.
  private(set) var notice: String?
  private var lock: FileLock?

  /// The file of a study's record.
  static func record(of url: URL) -> URL { URL(fileURLWithPath: url.path + ".record.json") }

  /// The record beside a file of lines; nil where there is none that can be read.
  static func recorded(for url: URL) -> StudyRecord? {
    try? RecordCoding.decode(StudyRecord.self, from: record(of: url))
  }

  /// Looks at the file, and keeps other studies from it where it exists.
  ///
  /// - Throws: when it is there and no study's, or not as the study left it, or another study writes to it.
  ///
  /// - Parameters:
  ///   - url: the file.
  ///   - isOverwriting: whether what is in it may be lost.
  ///   - makesFolder: whether its folder is still to be made.
  ///   - isWriting: whether this process writes to it: of several ranks the first one.
  init(
    _ url: URL, isOverwriting: Bool, makesFolder: Bool = false, isWriting: Bool = true
  ) throws(DistillationError) {
    self.url = url
    self.isWriting = isWriting
    if makesFolder {
      recorded = nil
      isChanged = false
      return
    }
    let exists = FileManager.default.fileExists(atPath: url.path)
    let record = Self.record(of: url)
    if case .stream = try writing({ () throws(FileError) in try OutputPath(url.path) }) {
      throw .content(file: url.path, expected: "a file for the study", found: "a device or a pipe")
    }
    let hasRecord = FileManager.default.fileExists(atPath: record.path)
    if exists && !hasRecord {
      throw .content(
        file: url.path,
        expected: "a new file, or a study with its record \(record.lastPathComponent) beside it",
        found: "another file")
    }
    guard !isOverwriting, hasRecord else {
      recorded = nil
      isChanged = Self.isChanged(url)
      if exists { try claim() }
      return
    }
    isChanged = false
    let found = try RecordCoding.decode(StudyRecord.self, from: record)
    recorded = found
    if exists { try claim() }
    let bytes = exists ? try TextFile.bytes(of: url) : []
    guard Self.begins(bytes, found.progress) else {
      throw .otherStudy(
        file: url.path,
        expected: "the \(Counted(found.progress.lines, "line")) of which \(record.path) tells",
        found: exists ? "others" : "nothing")
    }
  }

  /// Whether a file of a study is not as that has left it.
  private static func isChanged(_ url: URL) -> Bool {
    guard let left = recorded(for: url)?.progress, let bytes = try? Data(contentsOf: url) else {
      return false
    }
    return bytes.count != left.bytes || !begins(bytes, left)
  }

  /// Whether the lines of a study are the beginning of a file.
  private static func begins(_ bytes: some Collection<UInt8>, _ progress: StudyRecord.Progress)
    -> Bool
  {
    bytes.count >= progress.bytes
      && SHA256.hexadecimal(of: bytes.prefix(progress.bytes)) == progress.digest
  }

  private func claim() throws(DistillationError) {
    guard isWriting else { return }
    do throws(FileError) { lock = try FileLock(ofFolder: url) } catch { throw .file(error) }
    if lock == nil {
      throw .content(
        file: url.path, expected: "a study that nobody else writes",
        found: "one that is being written")
    }
  }

  /// Makes the file ready to be written to: empty, or as its record tells.
  ///
  /// - Returns: the lines that stay.
  func begin(_ record: StudyRecord) throws(DistillationError) -> [JSON] {
    let bytes = recorded?.progress.bytes ?? 0
    guard isWriting else { return bytes > 0 ? try lines() : [] }
    if isChanged {
      notice = try KeptFile.keep(url)
      lock = nil
    }
    if recorded == nil {
      // The record comes first: without one, the file would be nobody's.
      try write(record)
    }
    try changing("write") { () throws in
      if !FileManager.default.fileExists(atPath: url.path) { try Data().write(to: url) }
      let handle = try FileHandle(forUpdating: url)
      try handle.truncate(atOffset: UInt64(bytes))
      try handle.close()
    }
    if lock == nil { try claim() }
    return try lines()
  }

  /// The lines of the file.
  private func lines() throws(DistillationError) -> [JSON] {
    var lines: [JSON] = []
    let kept = try TextFile.bytes(of: url)
    for line in kept.split(separator: UInt8(ascii: "\n")) {
      lines.append(
        try reading { () throws(JSONReadingError) in
          try JSONNode(parsing: Array(line), file: url.path).json
        })
    }
    return lines
  }

  /// Adds lines, and records how far the study is with them: a study that is killed in between writes them once more.
  func append(_ lines: [String], _ record: inout StudyRecord) throws(DistillationError) {
    guard isWriting else {
      record.progress.lines += lines.count
      return
    }
    let text = lines.map { "\($0)\n" }.joined()
    try changing("write") { () throws in
      let handle = try FileHandle(forUpdating: url)
      try handle.seekToEnd()
      try handle.write(contentsOf: Data(text.utf8))
      try handle.synchronize()
      try handle.close()
    }
    record.progress.lines += lines.count
    let bytes = try TextFile.bytes(of: url)
    record.progress.bytes = bytes.count
    record.progress.digest = SHA256.hexadecimal(of: bytes)
    try write(record)
  }

  private func write(_ record: StudyRecord) throws(DistillationError) {
    let bytes = try RecordCoding.encode(record) + [UInt8(ascii: "\n")]
    try writing { () throws(FileError) in
      try AtomicFile.replaceContents(of: Self.record(of: url), with: bytes)
    }
  }

  private func changing(_ action: String, _ call: () throws -> Void) throws(DistillationError) {
    do { try call() } catch {
      throw .file(
        FileError(path: url.path, action: action, reason: FileManager.reason(of: error)))
    }
  }
}
