import Files
import Foundation
import JSON

/// The long context of a run as its user names it: one file, or several files and folders of text.
package struct Corpus: Sendable, Equatable {
  /// All of it as one context, with an empty line between two files; nil where nothing is named.
  package let context: ContextText?
  /// Where files begin in the text: bytes of UTF-8, with line ends as LF.
  package let starts: [Int]
  /// What a user may want to know.
  package let notices: [InputNotice]

  /// The endings of the files that are read of a folder. A file that is named itself may have any.
  package static let endings = ["md", "markdown", "rst", "text", "txt"]

  private static let separator = "\n\n"

  /// Reads files as they are named, and in the place of a folder its texts, by path.
  ///
  /// - Throws: when one cannot be read or is no text, a folder has none, or token ids are not the
  ///   only file.
  package init(contentsOf urls: [URL]) throws(DistillationError) {
    var (files, notices, seen) = ([URL](), [InputNotice](), Set<String>())
    for url in urls {
      var found = [url]
      if FileManager.default.isFolder(url) {
        let (texts, others) = try Self.texts(of: url)
        if others > 0 { notices.append(.leftOut(folder: url.path, count: others)) }
        found = texts
      }
      for file in found where seen.insert(file.resolvingSymlinksInPath().path).inserted {
        files.append(file)
      }
    }
    guard files.count > 1 else {
      context = try files.first.map { (url) throws(DistillationError) in
        try ContextText(contentsOf: url)
      }
      starts = [0]
      self.notices = notices
      return
    }
    var (text, starts) = ("", [Int]())
    for file in files {
      guard case .text(let content, _) = try ContextText(contentsOf: file) else {
        throw .content(
          file: file.path, expected: "a text, as the context's other files",
          found: "token ids, which are the only file where there are some")
      }
      if !text.isEmpty {
        while text.last?.isNewline == true { text.removeLast() }
        text += Self.separator
      }
      starts.append(text.utf8.count)
      let lines = TextFile.withLineFeeds(content)
      if lines != content { notices.append(.lineEnds(file: file.path)) }
      text += lines
    }
    context = .text(
      text, file: "\(files[0].path) and \(Counted(files.count - 1, "other file"))")
    self.starts = starts
    self.notices = notices
  }

  /// The texts of a folder and of those in it, by path, and how many files are none. Hidden files
  /// and folders are passed over, and so are empty texts.
  private static func texts(of folder: URL) throws(DistillationError) -> ([URL], others: Int) {
    let manager = FileManager.default
    guard (try? manager.contentsOfDirectory(atPath: folder.path)) != nil else {
      throw .content(
        file: folder.path, expected: "a folder of texts", found: "one that may not be read")
    }
    var (texts, others) = ([URL](), 0)
    func visit(_ folder: URL) {
      for name in manager.names(in: folder) where !name.hasPrefix(".") {
        let url = folder.appending(path: name)
        let isLink =
          (try? url.resourceValues(forKeys: [.isSymbolicLinkKey]))?.isSymbolicLink ?? false
        if manager.isFolder(url) {
          // A link to a folder may lead back to where it is.
          if !isLink { visit(url) }
        } else if endings.contains(url.pathExtension.lowercased()), !isEmpty(url) {
          texts.append(url)
        } else {
          others += 1
        }
      }
    }
    visit(folder)
    guard !texts.isEmpty else {
      throw .content(
        file: folder.path, expected: "a folder with files that end in \(endingsText)",
        found: others == 0 ? "an empty one" : "\(Counted(others, "file")) of other kinds")
    }
    return (texts.sorted { $0.path < $1.path }, others)
  }

  private static func isEmpty(_ url: URL) -> Bool {
    guard let data = FileManager.default.contents(atPath: url.path) else { return false }
    return data.allSatisfy { $0 == UInt8(ascii: " ") || (9...13).contains($0) }
  }

  /// `.md, .markdown, .rst, .text or .txt`.
  package static var endingsText: String { "\(Listed(endings.map { ".\($0)" }))" }
}
