import Files
import Foundation

/// `files.json` of an output folder: which bytes its run has written under each name. A file that is
/// none of these is its user's, or was changed by the user.
struct WrittenFiles: Equatable, Codable {
  /// By name the SHA-256 of the file, 64 hexadecimal digits; of a file that is being replaced the
  /// earlier one first, so that a run that is killed knows either.
  private(set) var digests: [String: [String]]

  /// Of a new folder.
  init() { digests = [:] }

  /// The name of the file.
  static let name = "files.json"

  private enum CodingKeys: String, CodingKey {
    case digests = "sha256"
  }

  /// Reads the record in a folder; nil where there is none.
  static func read(in folder: URL) throws(DistillationError) -> WrittenFiles? {
    let file = folder.appending(path: name)
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    return try RecordCoding.decode(WrittenFiles.self, from: file)
  }

  /// Takes the files of a run of an older program, which recorded none, as they are. Those that people
  /// write in are left out: nobody knows whose they are.
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

  /// The SHA-256 of an ordinary file; nil where there is none that can be read.
  static func digest(of url: URL) -> String? {
    guard SpecialFile(at: url.path) == nil,
      let data = try? Data(contentsOf: url)
    else { return nil }
    return SHA256.hexadecimal(of: data)
  }
}
