import Foundation

/// Compiled kernels on disk, so that later runs start quickly: one file per program in
/// `$XDG_CACHE_HOME/pith/programs` (or `~/.cache/pith/programs`), named by a hash of everything
/// that it depends on. Without a writable folder nothing is kept.
///
/// A driver runs what such a file holds, so only a file is taken that belongs to the user and that
/// nobody else may write.
package struct ProgramFolder: Sendable {
  private let folder: URL?

  /// The user's.
  package static var user: ProgramFolder { ProgramFolder(CacheFolder.url("programs")) }
  /// Keeps nothing.
  static let none = ProgramFolder(nil)

  /// Files in a given folder; nil to keep nothing.
  package init(_ folder: URL?) { self.folder = folder }

  /// Whether there is a folder.
  var keepsPrograms: Bool { folder != nil }

  /// The program with this key; nil if there is none.
  func load(_ key: [[UInt8]]) -> [UInt8]? {
    file(key).flatMap { OwnFile.contents(of: $0.path) }
  }

  /// Keeps a program, if the system lets it.
  func save(_ key: [[UInt8]], _ binary: [UInt8]) {
    guard let folder, let file = file(key), !binary.isEmpty else { return }
    try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    OwnFile.replace(file.path, with: binary)
  }

  private func file(_ key: [[UInt8]]) -> URL? {
    folder?.appendingPathComponent(Fingerprint.text(of: key) + ".bin")
  }
}
