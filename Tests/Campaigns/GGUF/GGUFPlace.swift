import Foundation
import TestSupport

/// A folder in which a process reads changed files; it says there which one it reads.
struct GGUFPlace {
  let folder: TemporaryFolder
  private let kept: URL?

  /// The file that says which mutant is read.
  static let numberName = "number"

  init(keep: String?) throws {
    folder = try TemporaryFolder()
    kept = keep.map { URL(filePath: $0) }
  }

  /// The mutant that was read last.
  var reached: Int? {
    let text = try? String(
      contentsOf: folder.url.appending(path: Self.numberName), encoding: .utf8)
    return text.flatMap { Int($0) }
  }

  /// Keeps a mutant that shows a failure, where that is requested.
  func keep(_ number: Int, seed: UInt64) throws {
    guard let kept else { return }
    try FileManager.default.createDirectory(at: kept, withIntermediateDirectories: true)
    try Data(GGUFMutation.mutant(number, seed: seed))
      .write(to: kept.appending(path: "gguf-\(seed)-\(number).gguf"))
  }
}
