import Files
import Foundation

/// How the files of a folder are written and removed: what is there is replaced where the run has
/// written it, and kept under another name where it is the user's, or was changed by the user.
extension RunFolder {
  /// Files that people write in.
  private static let texts: Set = [readme, page]

  /// Writes a file of the folder, whole or not at all.
  ///
  /// - Throws: ``DistillationError/file(_:)`` when the system refuses;
  ///   ``DistillationError/outputMoved(path:)`` where the folder is no longer in its place;
  ///   ``DistillationError/content(file:expected:found:)`` where its files.json is damaged.
  package func write(_ bytes: [UInt8], to name: String) throws(DistillationError) {
    func replace(_ url: URL) throws(DistillationError) {
      try writing { () throws(FileError) in
        try AtomicFile.replaceContents(of: url, with: bytes)
      }
    }
    guard Self.logs.contains(name) else {
      return try write(name, digest: SHA256.hexadecimal(of: bytes), write: replace)
    }
    guard isWriting else { return }
    try checkNotMoved()
    let file = url.appending(path: name)
    if try !isOwnLog(name) { keptNotices.append(try KeptFile.keep(file)) }
    try noteLog(name, bytes)
    try replace(file)
  }

  /// Writes a file of the folder that has one hash.
  ///
  /// - Parameters:
  ///   - name: its name.
  ///   - digest: the SHA-256 of what is written.
  ///   - write: writes it to a path, whole or not at all.
  func write(
    _ name: String, digest: String, write: (URL) throws(DistillationError) -> Void
  ) throws(DistillationError) {
    guard isWriting else { return }
    try checkNotMoved()
    let file = url.appending(path: name)
    var record = try writtenFiles()
    var present = WrittenFiles.digest(of: file)
    if present != digest, try keepForeign(name, present, record) { present = nil }
    // A run that is killed in between knows both.
    record.note(digest, of: name, replacing: present)
    try save(record)
    try write(file)
  }

  /// Removes a file of the folder, where it exists.
  func remove(_ name: String) throws(DistillationError) {
    guard isWriting else { return }
    let file = url.appending(path: name)
    if Self.logs.contains(name) {
      if try !isOwnLog(name) {
        keptNotices.append(try KeptFile.keep(file))
        return
      }
    } else if try keepForeign(name, WrittenFiles.digest(of: file), writtenFiles()) {
      return
    }
    try writing { () throws(FileError) in try FileManager.default.removeIfPresent(file) }
  }

  /// Removes what a run has written, except for its checkpoints and the files of these names.
  func removeFiles(except kept: Set<String> = []) throws(DistillationError) {
    let present = FileManager.default.names(in: url)
    for name in Self.files
    where name != WrittenFiles.name && !kept.contains(name) && present.contains(name) {
      try remove(name)
    }
    guard kept.isEmpty else { return }
    let left = try writtenFiles().left(in: url)
    if left.isEmpty {
      try writing { () throws(FileError) in
        try FileManager.default.removeIfPresent(url.appending(path: WrittenFiles.name))
      }
      knownFiles = left
    } else {
      try save(left)
    }
  }

  /// Checks that nothing stands in the way of the folder of events.
  func checkEvents() throws(DistillationError) {
    guard FileManager.default.fileExists(atPath: events.path), !hasEvents else { return }
    throw .content(
      file: events.path, expected: "a folder for TensorBoard's events",
      found: SpecialFile(at: events.path)?.title ?? "a file")
  }

  /// Removes what a run has written; the record of it last.
  func clear() throws(DistillationError) {
    for step in checkpointSteps() { try removeCheckpoint(step: step) }
    try writing { () throws(FileError) in try TensorBoardFile.removeAll(in: events) }
    try removeFiles()
  }

  /// Records a checkpoint that is being removed, in whose folder files stay.
  ///
  /// - Parameters:
  ///   - checkpoint: the name of the folder.
  ///   - files: those of the checkpoint's files that are as a run has written them.
  /// - Throws: when the record cannot be read or written.
  func noteLeft(
    _ checkpoint: String, own files: [(name: String, digest: String)]
  ) throws(DistillationError) {
    var record = try writtenFiles()
    record.noteLeft(checkpoint)
    for file in files {
      record.note(file.digest, of: "\(checkpoint)/\(file.name)", replacing: nil)
    }
    try save(record)
  }

  /// Gives a file that no run has written another name: `present` is its SHA-256, nil where there
  /// is no ordinary file. Returns whether there was one.
  private func keepForeign(
    _ name: String, _ present: String?, _ record: WrittenFiles
  ) throws(DistillationError) -> Bool {
    let file = url.appending(path: name)
    if let present, record.contains(present, of: name) { return false }
    if name == Self.page, ReportPage.isUnchanged(file) { return false }
    guard FileManager.default.fileExists(atPath: file.path) else { return false }
    keptNotices.append(try KeptFile.keep(file))
    return true
  }

  /// What is recorded of the folder's files.
  func writtenFiles() throws(DistillationError) -> WrittenFiles {
    if let knownFiles { return knownFiles }
    let found = try WrittenFiles.read(in: url)
    let record =
      found
      ?? WrittenFiles(
        adopting: Self.files.filter { !Self.texts.contains($0) && !Self.logs.contains($0) },
        in: url)
    knownFiles = record
    return record
  }

  func save(_ record: WrittenFiles) throws(DistillationError) {
    guard record != knownFiles || !hasRecord else { return }
    let bytes = try RecordCoding.encode(record) + [UInt8(ascii: "\n")]
    try writing { () throws(FileError) in
      try AtomicFile.replaceContents(of: url.appending(path: WrittenFiles.name), with: bytes)
    }
    knownFiles = record
  }

  var hasRecord: Bool {
    FileManager.default.fileExists(atPath: url.appending(path: WrittenFiles.name).path)
  }

  /// The lines on files that were kept since the last call.
  func takeNotices() -> [String] {
    defer { keptNotices = [] }
    return keptNotices
  }
}
