import Files
import Foundation

/// `files.json` of an output folder: which bytes its run has written under each name. A file that
/// is none of these is its user's, or was changed by the user.
struct WrittenFiles: Equatable, Codable {
  /// By name the SHA-256 of the file, 64 hexadecimal digits; of a file that is being replaced the
  /// earlier one first, so that a run that is killed knows either. Of checkpoints, which seal
  /// themselves, those alone whose folders hold files of the user: `checkpoint-4/state.json`,
  /// without a SHA-256 where that file is not as the run has written it.
  private(set) var digests: [String: [String]]
  /// The files of lines, by name; nil in records of older programs.
  private(set) var logs: [String: LogExtent]?

  /// How far a run knows a file of lines.
  struct LogExtent: Equatable, Codable {
    /// Bytes from its beginning.
    var bytes: Int
    /// Their SHA-256, 64 hexadecimal digits.
    var digest: String
    /// Whether the run was still going on: lines behind may be its own.
    var isGrowing: Bool

    private enum CodingKeys: String, CodingKey {
      case bytes
      case digest = "sha256"
      case isGrowing = "is_growing"
    }
  }

  /// Of a new folder.
  init() { digests = [:] }

  /// The name of the file.
  static let name = "files.json"

  private enum CodingKeys: String, CodingKey {
    case digests = "sha256"
    case logs = "lines"
  }

  /// Reads the record in a folder; nil where there is none.
  static func read(in folder: URL) throws(DistillationError) -> WrittenFiles? {
    let file = folder.appending(path: name)
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    if let record = try? RecordCoding.decode(WrittenFiles.self, from: file) { return record }
    throw .content(
      file: file.path, expected: "the SHA-256 of the files that the run has written",
      found:
        "\(RecordCoding.kind(of: file)); once it is moved away, the run goes on or is replaced, "
        + "and \(RunFolder.readme) counts as its user's and is kept")
  }

  /// Takes the files of a run of an older program, which recorded none, as they are. Those that
  /// people write in are left out: nobody knows whose they are.
  init(adopting names: [String], in folder: URL) {
    digests = [:]
    for name in names {
      if let digest = Self.digest(of: folder.appending(path: name)) { digests[name] = [digest] }
    }
  }

  /// Whether these are bytes that the run has written under a name.
  func contains(_ digest: String, of name: String) -> Bool {
    digests[name]?.contains(digest) ?? false
  }

  /// Notes what is about to be written, beside what is there.
  mutating func note(_ digest: String, of name: String, replacing present: String?) {
    digests[name] = (present.map { $0 == digest ? [] : [$0] } ?? []) + [digest]
  }

  /// Notes that a checkpoint is being removed, in whose folder files stay, be they all of its
  /// files: the run must know the folder again.
  mutating func noteLeft(_ checkpoint: String) {
    let name = "\(checkpoint)/\(TrainingCheckpoint.stateName)"
    if digests[name] == nil { digests[name] = [] }
  }

  /// Notes how far a file of lines is.
  mutating func note(_ extent: LogExtent, of name: String) {
    logs = (logs ?? [:]).merging([name: extent]) { $1 }
  }

  /// The names of checkpoints that were removed, but for files of the user in their folders.
  var leftCheckpoints: Set<String> {
    Set(
      digests.keys.compactMap { name in
        name.firstIndex(of: "/").map { String(name[..<$0]) }
      })
  }

  /// What is left to know once a run is removed: those of ``leftCheckpoints`` that are still there.
  func left(in folder: URL) -> WrittenFiles {
    var left = WrittenFiles()
    for checkpoint in leftCheckpoints
    where FileManager.default.isFolder(folder.appending(path: checkpoint)) {
      left.digests.merge(digests.filter { $0.key.hasPrefix("\(checkpoint)/") }) { $1 }
    }
    return left
  }

  /// Whether nothing is recorded.
  var isEmpty: Bool { digests.isEmpty && (logs ?? [:]).isEmpty }

  /// The SHA-256 of an ordinary file; nil where there is none that can be read.
  static func digest(of url: URL) -> String? {
    guard SpecialFile(at: url.path) == nil,
      let data = try? Data(contentsOf: url)
    else { return nil }
    return SHA256.hexadecimal(of: data)
  }
}
