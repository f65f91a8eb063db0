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
  /// - Throws: when the system refuses; then none of them is left.
  package func makeFolder(_ url: URL) throws(FileError) {
    try makeFolders(foldersToMake(url), for: url)
  }

  /// A folder and those that are missing of those that lead to it, from the lowest up.
  private func foldersToMake(_ url: URL) -> [URL] {
    [url] + missingFolders(url.deletingLastPathComponent())
  }

  /// Makes folders one by one, except for those that are there: another process may have made them
  /// meanwhile.
  ///
  /// - Parameters:
  ///   - folders: the folders, from the lowest up.
  ///   - url: the folder that they are made for.
  /// - Returns: those that were made here, from the lowest up.
  /// - Throws: when the system refuses; then none of these is left.
  @discardableResult
  func makeFolders(_ folders: [URL], for url: URL) throws(FileError) -> [URL] {
    var made: [URL] = []
    for folder in folders.reversed() {
      if unsafe mkdir(folder.path, 0o777) == 0 {
        made.insert(folder, at: 0)
        continue
      }
      let error = FileError.afterFailedCall(path: url.path, action: "make the folder")
      guard isFolder(folder) else {
        removeEmpty(made)
        throw error
      }
    }
    return made
  }

  /// A folder and those that lead to it, as far as nothing is there, from the lowest up.
  private func missingFolders(_ url: URL) -> [URL] {
    var (missing, folder) = ([URL](), url)
    while !fileExists(atPath: folder.path), folder.path != "/", !folder.path.isEmpty {
      missing.append(folder)
      folder = folder.deletingLastPathComponent()
    }
    return missing
  }

  /// Removes folders, from the lowest up, that hold nothing.
  private func removeEmpty(_ folders: [URL]) {
    for folder in folders { unsafe rmdir(folder.path) }
  }

  /// Checks that a folder can be made: one of another name, as long as the first that is missing,
  /// is made and removed again.
  ///
  /// - Parameters:
  ///   - url: the folder.
  ///   - length: bytes of the longest path within it.
  /// - Throws: where it cannot be made.
  package func checkCanMake(_ url: URL, holding length: Int = 0) throws(FileError) {
    try checkLink(url, for: url)
    let missing = foldersToMake(url)
    for folder in missing.dropFirst() { try checkLink(folder, for: url) }
    let ancestor = missing[missing.count - 1].deletingLastPathComponent()
    guard isFolder(ancestor) else {
      throw FileError(
        path: url.path, action: "make the folder", reason: "\(ancestor.path) is no folder")
    }
    try checkLength(url, holding: length)
    // The file system of the folders that are missing is the ancestor's.
    let longest = unsafe pathconf(ancestor.path, Int32(_PC_NAME_MAX))
    for folder in missing where longest > 0 && folder.lastPathComponent.utf8.count > longest {
      throw Self.nameTooLong(url)
    }
    let start = ".pith-\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
    let rest = String(
      repeating: "x",
      count: max(missing[missing.count - 1].lastPathComponent.utf8.count - start.utf8.count, 0))
    let trial = ancestor.appending(path: start + rest).path
    guard unsafe mkdir(trial, 0o700) == 0 else {
      throw .afterFailedCall(path: url.path, action: "make the folder")
    }
    unsafe rmdir(trial)
  }

  /// Checks that the paths in a folder are no longer than the system takes.
  ///
  /// - Parameters:
  ///   - url: the folder.
  ///   - length: bytes of the longest path within it.
  /// - Throws: where they are.
  package func checkLength(_ url: URL, holding length: Int) throws(FileError) {
    // One for the separator, and one for the end.
    guard url.path.utf8.count + 1 + length + 1 <= Int(PATH_MAX) else {
      throw Self.nameTooLong(url)
    }
  }

  private static func nameTooLong(_ url: URL) -> FileError {
    errno = ENAMETOOLONG
    return .afterFailedCall(path: url.path, action: "make the folder")
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
  /// - Throws: when the system refuses; then none of them is left.
  package func makeNewFolder(_ url: URL) throws(FileError) -> Bool {
    let made = try makeFolders(foldersToMake(url.deletingLastPathComponent()), for: url)
    if unsafe mkdir(url.path, 0o777) == 0 { return true }
    if errno == EEXIST { return false }
    let error = FileError.afterFailedCall(path: url.path, action: "make the folder")
    removeEmpty(made)
    throw error
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
