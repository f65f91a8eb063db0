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
    ("context.json", "{}", "ids: expected an array, found nothing"),
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
    expectError("\(url.path):2: expected UTF-8 text, found bytes that are not") {
      try ContextText(contentsOf: url)
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
}
