import Files
import Foundation

/// A file of the user under a name that a run or a study needs.
enum KeptFile {
  /// Gives the file another name beside it, `NAME.kept`, or `NAME.kept-2` and so on.
  ///
  /// - Returns: a line for the user.
  static func keep(_ file: URL) throws(DistillationError) -> String {
    let free = freeName(for: file)
    try writing { () throws(FileError) in
      try FileManager.default.move(file, to: file.deletingLastPathComponent().appending(path: free))
    }
    return
      "\(file.path): changed since it was written, or another program's, so it is kept as \(free)"
  }

  /// Writes a copy of a file under such a name, where its beginning is needed under its own.
  ///
  /// - Parameters:
  ///   - file: the file.
  ///   - bytes: what is in it.
  /// - Returns: a line for the user.
  static func copy(_ file: URL, _ bytes: [UInt8]) throws(DistillationError) -> String {
    let free = freeName(for: file)
    try writing { () throws(FileError) in
      try AtomicFile.replaceContents(
        of: file.deletingLastPathComponent().appending(path: free), with: bytes)
    }
    return
      "\(file.path): there is more in it than was written, so all of it is kept as \(free)"
  }

  private static func freeName(for file: URL) -> String {
    let (manager, folder) = (FileManager.default, file.deletingLastPathComponent())
    let name = file.lastPathComponent
    var (free, number) = ("\(name).kept", 2)
    while manager.fileExists(atPath: folder.appending(path: free).path) {
      free = "\(name).kept-\(number)"
      number += 1
    }
    return free
  }
}
