import Files
import Foundation

/// A file of the user under a name that a run or a study needs.
enum KeptFile {
  /// Gives the file another name beside it, `NAME.kept`, or `NAME.kept-2` and so on.
  ///
  /// - Returns: a line for the user.
  static func keep(_ file: URL) throws(DistillationError) -> String {
    let (manager, folder) = (FileManager.default, file.deletingLastPathComponent())
    let name = file.lastPathComponent
    var (free, number) = ("\(name).kept", 2)
    while manager.fileExists(atPath: folder.appending(path: free).path) {
      free = "\(name).kept-\(number)"
      number += 1
    }
    try writing { () throws(FileError) in
      try manager.move(file, to: folder.appending(path: free))
    }
    return
      "\(file.path): changed since it was written, or another program's, so it is kept as \(free)"
  }
}
