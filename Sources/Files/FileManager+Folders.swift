import Foundation

/// Changes to folders, with the system's reason in one line where it refuses.
extension FileManager {
  /// Whether there is a folder at `url`, or a link to one.
  package func isFolder(_ url: URL) -> Bool {
    let values = try? url.resolvingSymlinksInPath().resourceValues(forKeys: [.isDirectoryKey])
    return values?.isDirectory ?? false
  }

  /// Whether there is a symbolic link at `url`.
  package func isLink(_ url: URL) -> Bool {
    (try? destinationOfSymbolicLink(atPath: url.path)) != nil
  }

  /// Makes a folder and those that lead to it.
  ///
  /// - Throws: when the system refuses.
  package func makeFolder(_ url: URL) throws(FileError) {
    do {
      try createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
      throw FileError(path: url.path, action: "make the folder", reason: Self.reason(of: error))
    }
  }

  /// Checks that a folder can be made, as far as this is known without making it.
  ///
  /// - Throws: where it cannot be made.
  package func checkCanMake(_ url: URL) throws(FileError) {
    var ancestor = url.deletingLastPathComponent()
    while !fileExists(atPath: ancestor.path), ancestor.path != "/", !ancestor.path.isEmpty {
      ancestor = ancestor.deletingLastPathComponent()
    }
    guard isFolder(ancestor) else {
      throw FileError(
        path: url.path, action: "make the folder", reason: "\(ancestor.path) is no folder")
    }
    if unsafe access(ancestor.path, W_OK | X_OK) != 0 {
      throw .afterFailedCall(path: url.path, action: "make the folder")
    }
  }

  /// Makes a folder, and those that lead to it where they are missing.
  ///
  /// - Returns: false where something of that name is there already.
  /// - Throws: when the system refuses.
  package func makeNewFolder(_ url: URL) throws(FileError) -> Bool {
    try makeFolder(url.deletingLastPathComponent())
    do {
      try createDirectory(at: url, withIntermediateDirectories: false)
      return true
    } catch {
      if (error as? CocoaError)?.code == .fileWriteFileExists { return false }
      throw FileError(path: url.path, action: "make the folder", reason: Self.reason(of: error))
    }
  }

  /// Removes a file or a folder with everything in it.
  ///
  /// - Throws: when the system refuses.
  package func removeIfPresent(_ url: URL) throws(FileError) {
    guard fileExists(atPath: url.path) else { return }
    do {
      try removeItem(at: url)
    } catch {
      throw FileError(path: url.path, action: "remove it", reason: Self.reason(of: error))
    }
  }

  /// Removes a folder that holds nothing.
  ///
  /// - Returns: whether it is gone; false where something is in it.
  /// - Throws: when the system refuses for another reason than what is in it.
  @discardableResult
  package func removeIfEmpty(_ folder: URL) throws(FileError) -> Bool {
    if unsafe rmdir(folder.path) == 0 { return true }
    switch errno {
    case ENOENT: return true
    case ENOTEMPTY, EEXIST: return false
    default: throw .afterFailedCall(path: folder.path, action: "remove it")
    }
  }

  /// Gives a file or folder another name on the same file system.
  ///
  /// - Throws: when the system refuses.
  package func move(_ source: URL, to target: URL) throws(FileError) {
    do {
      try moveItem(at: source, to: target)
    } catch {
      throw FileError(path: target.path, action: "give it its name", reason: Self.reason(of: error))
    }
  }

  /// The names in a folder, sorted; none where there is no folder.
  package func names(in folder: URL) -> [String] {
    ((try? contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
  }

  /// Foundation wraps the system's reason, and its own text would fill several lines.
  package static func reason(of error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? any Error
    let text = ((underlying ?? error) as NSError).localizedDescription
    return text.split(separator: "\n").first.map(String.init) ?? "unknown"
  }
}
