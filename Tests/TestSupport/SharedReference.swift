import Foundation
package import Testing

/// The reference material that stands beside a checkout and never inside it: golden numbers,
/// tokenizers, texts and a small trained model. Tests that use it are skipped by name where it is
/// absent:
///
///     @Suite(.enabled(if: SharedReference.isPresent, SharedReference.reason))
package enum SharedReference {
  /// `$PITH_SHARED`, else `../shared` beside the package; nil where neither is a folder.
  package static let folder: URL? = {
    let package = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let path = ProcessInfo.processInfo.environment["PITH_SHARED"] ?? ""
    let named = path.isEmpty ? nil : URL(fileURLWithPath: path)
    let candidate = named ?? package.deletingLastPathComponent().appendingPathComponent("shared")
    var isFolder: ObjCBool = false
    let exists = unsafe FileManager.default.fileExists(
      atPath: candidate.path, isDirectory: &isFolder)
    return exists && isFolder.boolValue ? candidate : nil
  }()

  package static var isPresent: Bool { folder != nil }

  /// Why a suite that needs it was skipped.
  package static let reason: Comment = "needs the reference material in ../shared or $PITH_SHARED"

  /// A file or folder of it.
  package static func url(_ path: String) throws -> URL {
    guard let folder else { throw CocoaError(.fileNoSuchFile) }
    return folder.appendingPathComponent(path)
  }
}
