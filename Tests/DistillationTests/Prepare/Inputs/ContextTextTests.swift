import Distillation
import Foundation
import TestSupport
import Testing

@Suite struct ContextTextTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func textIsTakenAsItIs() throws {
    let url = try folder.write("context.txt", " Zwölf Boxkämpfer\n")
    #expect(try ContextText(contentsOf: url) == .text(" Zwölf Boxkämpfer\n", file: url.path))
  }

  @Test func aByteOrderMarkIsLeftOut() throws {
    let url = try folder.write("context.txt", [0xEF, 0xBB, 0xBF] + Array("text".utf8))
    #expect(try ContextText(contentsOf: url) == .text("text", file: url.path))
  }

  @Test func jsonHoldsIdentifiers() throws {
    let url = try folder.write("context.json", #"{"ids": [3, 1, 4]}"#)
    #expect(try ContextText(contentsOf: url) == .identifiers([3, 1, 4], file: url.path))
  }

  @Test(arguments: [
    ("context.txt", "", "expected a context, found an empty file"),
    ("context.txt", " \n", "expected a context, found an empty file"),
    (
      "context.json", "{}",
      "expected {\"ids\": [...]}, token ids, found an object; a context that is a text needs another "
        + "ending than .json"
    ),
    (
      "context.json", "[1, 2]",
      "expected {\"ids\": [...]}, token ids, found an array; a context that is a text needs another "
        + "ending than .json"
    ),
    ("context.json", #"{"ids": []}"#, "ids: expected token ids, found an empty array"),
    (
      "context.json", #"{"ids": [1, "2"]}"#,
      "ids[1]: expected an integer, found the string \"2\""
    ),
  ])
  func badFilesAreRefused(name: String, content: String, message: String) throws {
    let url = try folder.write(name, content)
    expectError("\(url.path): \(message)") { try ContextText(contentsOf: url) }
  }

  @Test func bytesThatAreNoTextAreRefusedWithTheirLine() throws {
    let url = try folder.write("context.txt", Array("good\nbad ".utf8) + [0xFF, 0x0A])
    expectError(
      "\(url.path):2:5: expected text in UTF-8, found byte 0xff, in Latin-1 and Windows-1252 \"ÿ\"; "
        + "iconv -f WINDOWS-1252 -t UTF-8 converts it"
    ) { try ContextText(contentsOf: url) }
    let cut = try folder.write("context.txt", Array("é ".utf8) + [0x80])
    expectError("\(cut.path):1:4: expected text in UTF-8, found byte 0x80") {
      try ContextText(contentsOf: cut)
    }
  }

  @Test(arguments: [
    ("%PDF-1.4\n", "a PDF document; pdftotext takes the text out of it"),
    (
      "t\0e\0x\0t\0", "text in UTF-16; save it in UTF-8, for example with iconv -f UTF-16 -t UTF-8"
    ),
    (
      "version https://git-lfs.github.com/spec/v1\n",
      "a Git LFS pointer; \"git lfs pull\" in its folder fetches the file that it stands for"
    ),
  ])
  func otherFilesAreNamed(content: String, found: String) throws {
    let url = try folder.write("context.txt", content)
    expectError("\(url.path): expected text in UTF-8, found \(found)") {
      try ContextText(contentsOf: url)
    }
  }

  @Test func aPageAndAMessageAreTextsToo() throws {
    for text in ["<!DOCTYPE html><p>The rules.", "Not Found is a novel."] {
      let url = try folder.write("context.txt", text)
      #expect(try ContextText(contentsOf: url) == .text(text, file: url.path))
    }
  }

  @Test func missingFilesAndFoldersAreRefused() throws {
    let missing = folder.url.appending(path: "none.txt")
    expectError("\(missing.path): expected a file, found nothing") {
      try ContextText(contentsOf: missing)
    }
    expectError("\(folder.url.path): expected a file, found a folder") {
      try ContextText(contentsOf: folder.url)
    }
  }

  @Test func aPipeIsNamed() throws {
    let url = folder.url.appending(path: "pipe.txt")
    try #require(unsafe mkfifo(url.path, 0o600) == 0)
    expectError(
      "\(url.path): expected a file, found a pipe, which can be read only once; save it as a file"
    ) { try ContextText(contentsOf: url) }
  }
}
