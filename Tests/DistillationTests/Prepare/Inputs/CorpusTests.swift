import Foundation
import TestSupport
import Testing

@testable import Distillation

/// Contexts of several files and folders.
@Suite struct CorpusTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func path(_ name: String) -> URL { folder.url.appending(path: name) }

  @Test func oneFileIsTheContextAsItIs() throws {
    let file = try folder.write("a.log", " one\r\n\r\n")
    let corpus = try Corpus(contentsOf: [file])
    #expect(corpus.context == .text(" one\r\n\r\n", file: file.path))
    #expect(corpus.notices.isEmpty && corpus.starts == [0])
    #expect(try Corpus(contentsOf: []).context == nil)
  }

  @Test func filesFollowAsGivenAndFoldersByPath() throws {
    let last = try folder.write("last.log", "last\n")
    try folder.write("docs/b.md", "# b\r\n")
    try folder.write("docs/a/z.txt", "az\n\n\n")
    try folder.write("docs/c.TXT", "c")
    try folder.write("docs/.hidden.md", "hidden")
    try folder.write("docs/.git/x.md", "hidden")
    try folder.write("docs/empty.md", " \n")
    try folder.write("docs/image.png", [0x89, 0x50, 0x4E, 0x47])
    let link = path("docs/again.md")
    try FileManager.default.createSymbolicLink(at: link, withDestinationURL: last)
    try FileManager.default.createSymbolicLink(
      at: path("docs/loop"), withDestinationURL: path("docs"))
    let corpus = try Corpus(contentsOf: [last, path("docs"), path("docs/b.md")])
    // Every file once, where it is named first.
    #expect(
      corpus.context
        == .text("last\n\naz\n\n# b\n\nc", file: "\(last.path) and 3 other files"))
    #expect(corpus.starts == [0, 6, 10, 15])
    #expect(
      corpus.notices == [
        .leftOut(folder: path("docs").path, count: 2), .lineEnds(file: path("docs/b.md").path),
      ])
    #expect(
      "\(corpus.notices[0])"
        == "\(path("docs").path): 2 files left out: empty, or without the ending .md, .markdown, .rst, "
        + ".text or .txt")
    let reversed = try Corpus(contentsOf: [path("docs"), last])
    #expect(reversed.starts.count == 4 && reversed.context != corpus.context)
  }

  @Test func badFilesAndFoldersAreRefusedInOneLine() throws {
    let text = try folder.write("a.txt", "text")
    try folder.write("none/image.png", [0x89])
    try FileManager.default.createDirectory(at: path("empty"), withIntermediateDirectories: true)
    let endings = "expected a folder with files that end in .md, .markdown, .rst, .text or .txt"
    expectError("\(path("empty").path): \(endings), found an empty one") {
      try Corpus(contentsOf: [text, path("empty")])
    }
    expectError("\(path("none").path): \(endings), found 1 file of other kinds") {
      try Corpus(contentsOf: [path("none")])
    }
    expectError("\(path("missing").path): expected a file, found nothing") {
      try Corpus(contentsOf: [text, path("missing")])
    }
    let latin = try folder.write("latin/b.txt", Array("abc\nd".utf8) + [0xE4])
    expectError(
      "\(latin.path):2:2: expected text in UTF-8, found byte 0xe4, in Latin-1 and Windows-1252 \"ä\"; "
        + "iconv -f WINDOWS-1252 -t UTF-8 converts it"
    ) { try Corpus(contentsOf: [path("latin")]) }
    // Binary data of no known kind is no text in Latin-1.
    let binary = try folder.write("binary/c.txt", [0x41, 0xE4, 0x0A, 0x00, 0x01, 0xFF])
    expectError(
      "\(binary.path): expected text in UTF-8, found no text but binary data: byte 4 is 0"
    ) { try Corpus(contentsOf: [path("binary")]) }
    let archive = try folder.write("zero.txt", Array("abc".utf8) + [0])
    expectError(
      "\(archive.path): expected text in UTF-8, found no text but binary data: byte 4 is 0"
    ) { try Corpus(contentsOf: [archive]) }
    let identifiers = try folder.write("ids.json", #"{"ids": [1]}"#)
    expectError(
      "\(identifiers.path): expected a text, as the context's other files, found token ids, which are the "
        + "only file where there are some"
    ) { try Corpus(contentsOf: [text, identifiers]) }
  }
}
