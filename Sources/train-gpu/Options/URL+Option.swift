import Foundation

extension URL {
  /// The file or folder that an option names.
  ///
  /// - Throws: where it is empty, which would mean the current folder.
  init(path: String, option: String) throws(UsageError) {
    if path.isEmpty {
      throw UsageError(description: "--\(option): expected a path, found an empty text")
    }
    self.init(fileURLWithPath: path)
  }
}

extension [String] {
  /// The files and folders that an option names.
  func urls(option: String) throws(UsageError) -> [URL] {
    try map { (path) throws(UsageError) in try URL(path: path, option: option) }
  }
}
