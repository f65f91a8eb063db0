import Files
import Foundation
import JSON

/// The file of a study with its record. Nothing is written before ``begin(_:)``, and no other file
/// is ever written over.
final class StudyFile {
  /// Where the lines are.
  let url: URL
  /// How the study in it was begun and how far it is; nil where it begins anew.
  let recorded: StudyRecord?
  private let isWriting: Bool
  /// Whether what is in the file is not as the study left it, so that it is kept.
  private(set) var isChanged = false
  /// Whether the end of the last line is gone and nothing else.
  private var lacksEnd = false
  /// The record beside the file.
  private var written: StudyRecord?
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
  /// - Throws: when it is there and no study's, or not as the study left it, or another study
  ///   writes to it.
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
      return
    }
    let exists = FileManager.default.fileExists(atPath: url.path)
    let record = Self.record(of: url)
    if case .folder? = SpecialFile(at: url.path) {
      throw .content(file: url.path, expected: "a file for the study", found: "a folder")
    }
    if case .stream = try placingOutput({ () throws(FileError) in try OutputPath(url.path) }) {
      throw .content(
        file: url.path, expected: "a file for the study",
        found: SpecialFile(at: url.path)?.title ?? "no file")
    }
    // Of a study that is there the record is written first.
    if isWriting {
      for file in [url, record] {
        try placingOutput { () throws(FileError) in try AtomicFile.check(file) }
      }
    }
    let hasRecord = FileManager.default.fileExists(atPath: record.path)
    if exists && !hasRecord {
      if Self.holdsLines(url) { throw .studyWithoutRecord(file: url.path, record: record.path) }
      throw .content(
        file: url.path,
        expected: "a new file, or a study with its record \(record.lastPathComponent) beside it",
        found: "another file")
    }
    guard !isOverwriting, hasRecord else {
      recorded = nil
      if exists {
        isChanged = Self.isChanged(try TextFile.bytes(of: url), Self.recorded(for: url))
        try claim()
      }
      return
    }
    let found: StudyRecord
    do throws(DistillationError) {
      found = try RecordCoding.decode(StudyRecord.self, from: record)
    } catch { throw .damaged(.study, error) }
    recorded = found
    if exists { try claim() }
    var bytes = exists ? try TextFile.bytes(of: url) : []
    lacksEnd = bytes.count + 1 == found.progress.bytes
    if lacksEnd { bytes.append(UInt8(ascii: "\n")) }
    isChanged = Self.isChanged(bytes, found)
    guard Self.begins(bytes, found.progress) else {
      try Self.checkLines(bytes, found.progress.lines, of: url)
      let lines = "the \(Counted(found.progress.lines, "line")) of which \(record.path) tells"
      guard exists else {
        throw .otherStudy(file: url.path, expected: lines, found: "nothing")
      }
      throw .damagedRecord(of: .study, "\(url.path): expected \(lines), found others")
    }
  }

  /// Whether a file begins with a line of a study.
  static func holdsLines(_ url: URL) -> Bool {
    guard SpecialFile(at: url.path) == nil,
      let data = try? Data(contentsOf: url, options: .mappedIfSafe),
      let line = try? JSONNode(
        parsing: Array(data.prefix { $0 != UInt8(ascii: "\n") }), file: url.path)
    else { return false }
    return (try? line.has(StudyLine.key)) ?? false
  }

  /// Whether bytes are not what a study has left, at its end or where it was killed.
  private static func isChanged(_ bytes: [UInt8], _ record: StudyRecord?) -> Bool {
    guard let left = record?.progress else { return true }
    let ends = [(left.bytes, left.digest)] + (left.pending.map { [($0.bytes, $0.digest)] } ?? [])
    return !ends.contains { count, digest in
      bytes.count == count && SHA256.hexadecimal(of: bytes) == digest
    }
  }

  /// Whether the lines of a study are the beginning of a file.
  static func begins(_ bytes: some Collection<UInt8>, _ progress: StudyRecord.Progress)
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

  /// Makes the file ready to be written to: empty, or as its record states.
  ///
  /// - Returns: the lines that stay.
  func begin(_ record: StudyRecord) throws(DistillationError) -> [JSON] {
    let bytes = recorded?.progress.bytes ?? 0
    guard isWriting else { return bytes > 0 ? try lines() : [] }
    if isChanged, recorded == nil {
      notice = try KeptFile.keep(url)
      lock = nil
    } else if isChanged {
      notice = try keepEnd(from: bytes)
    }
    written = recorded
    if recorded == nil {
      // The record comes first: without one, the file would be nobody's.
      try write(record)
    }
    try changing("write") { () throws in
      if !FileManager.default.fileExists(atPath: url.path) { try Data().write(to: url) }
      let handle = try FileHandle(forUpdating: url)
      if lacksEnd {
        try handle.seekToEnd()
        try handle.write(contentsOf: Data("\n".utf8))
      }
      try handle.truncate(atOffset: UInt64(bytes))
      try handle.close()
    }
    if lock == nil { try claim() }
    return try lines()
  }

  /// Keeps what is in the file behind its lines, unless that is the beginning of another one.
  ///
  /// - Returns: a line for the user.
  private func keepEnd(from start: Int) throws(DistillationError) -> String {
    let bytes = try TextFile.bytes(of: url)
    let end = bytes.dropFirst(start)
    let isCut = end.first == UInt8(ascii: "{") && !end.contains(UInt8(ascii: "\n"))
    guard isCut, (try? JSON(parsing: Array(end))) == nil else {
      return try KeptFile.copy(url, bytes)
    }
    let lines = bytes.count { $0 == UInt8(ascii: "\n") }
    return RecordCoding.cutNotice(url.path, line: lines + 1)
  }

  /// The lines of the file.
  private func lines() throws(DistillationError) -> [JSON] {
    var lines: [JSON] = []
    let kept = try TextFile.bytes(of: url)
    let all = kept.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in all.enumerated() where !line.isEmpty {
      do throws(JSONReadingError) {
        lines.append(try JSONNode(parsing: Array(line), file: url.path).json)
      } catch {
        let (column, reason) = error.ofLine
        throw .damagedLine(
          DamagedLine(
            file: url.path, line: index + 1, column: column, reason: reason, use: .study))
      }
    }
    return lines
  }

  /// Adds lines, and records how far the study is with them. The lines are recorded before too, so
  /// that a study that is killed in between knows them, and writes them once more.
  func append(_ lines: [String], _ record: inout StudyRecord) throws(DistillationError) {
    guard isWriting else {
      record.progress.lines += lines.count
      return
    }
    let text = Array(lines.map { "\($0)\n" }.joined().utf8)
    let bytes = try TextFile.bytes(of: url) + text
    let digest = SHA256.hexadecimal(of: bytes)
    if var before = written {
      before.progress.pending = .init(bytes: bytes.count, digest: digest)
      try write(before)
    }
    try changing("write") { () throws in
      let handle = try FileHandle(forUpdating: url)
      try handle.seekToEnd()
      try handle.write(contentsOf: text)
      try handle.synchronize()
      try handle.close()
    }
    record.progress.lines += lines.count
    record.progress.bytes = bytes.count
    record.progress.digest = digest
    record.progress.pending = nil
    try write(record)
  }

  private func write(_ record: StudyRecord) throws(DistillationError) {
    let bytes = try RecordCoding.encode(record) + [UInt8(ascii: "\n")]
    try writing { () throws(FileError) in
      try AtomicFile.replaceContents(of: Self.record(of: url), with: bytes)
    }
    written = record
  }

  private func changing(_ action: String, _ call: () throws -> Void) throws(DistillationError) {
    do { try call() } catch {
      throw .file(
        FileError(path: url.path, action: action, reason: FileManager.reason(of: error)))
    }
  }
}
