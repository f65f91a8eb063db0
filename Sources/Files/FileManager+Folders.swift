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

  /// Checks that a folder can be made: one of another name, as long as the first that is missing,
  /// is made and removed again.
  ///
  /// - Throws: where it cannot be made.
  package func checkCanMake(_ url: URL) throws(FileError) {
    try checkLink(url, for: url)
    var (missing, ancestor) = (url, url.deletingLastPathComponent())
    while !fileExists(atPath: ancestor.path), ancestor.path != "/", !ancestor.path.isEmpty {
      try checkLink(ancestor, for: url)
      (missing, ancestor) = (ancestor, ancestor.deletingLastPathComponent())
    }
    guard isFolder(ancestor) else {
      throw FileError(
        path: url.path, action: "make the folder", reason: "\(ancestor.path) is no folder")
    }
    let start = ".pith-\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
    let rest = String(
      repeating: "x", count: max(missing.lastPathComponent.utf8.count - start.utf8.count, 0))
    let trial = ancestor.appending(path: start + rest).path
    guard unsafe mkdir(trial, 0o700) == 0 else {
      throw .afterFailedCall(path: url.path, action: "make the folder")
    }
    unsafe rmdir(trial)
  }

  /// Refuses a link that leads nowhere, in whose place no folder can be made.
  private func checkLink(_ link: URL, for url: URL) throws(FileError) {
    var status = stat()
    guard isLink(link), unsafe stat(link.path, &status) != 0 else { return }
    let kind = errno == ELOOP ? "a link that leads back to itself" : "a link that leads nowhere"
    throw FileError(
      path: url.path, action: "make the folder",
      reason: link == url ? "it is \(kind)" : "\(link.path) is \(kind)")
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
    let own = (underlying ?? error) as NSError
    if own.domain == NSPOSIXErrorDomain { return unsafe String(cString: strerror(Int32(own.code))) }
    let text = own.localizedDescription
    return text.split(separator: "\n").first.map(String.init) ?? "unknown"
  }
}
