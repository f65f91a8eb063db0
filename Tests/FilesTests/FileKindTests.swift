import Files
import Testing

@Suite struct FileKindTests {
  @Test(arguments: [
    ("version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 9\n", FileKind.gitLFSPointer),
    ("\n <!DOCTYPE HTML>\n<html>", .htmlPage),
    ("\u{FEFF}<html lang=\"en\">", .htmlPage),
    ("<?xml version=\"1.0\"?>", .xml),
    ("Entry not found", .serverMessage("Entry not found")),
    ("404: Not Found\nmore", .serverMessage("404: Not Found")),
    ("PK\u{3}\u{4}xx", .zip),
    ("%PDF-1.4\n%", .pdf),
    ("{\\rtf1\\ansi", .rtf),
    ("GGUF\u{3}\0\0\0", .gguf),
    ("PAR1", .parquet),
    ("p\0r\0o\0m\0p\0t\0", .utf16),
    ("\0p\0r\0o\0m\0p\0t", .utf16),
  ])
  func tellsAKindByItsFirstLetters(text: String, kind: FileKind) {
    #expect(FileKind(Array(text.utf8)) == kind)
    #expect(!kind.description.contains("\n"))
  }

  @Test func tellsAKindByItsFirstBytes() {
    let kinds: [([UInt8], FileKind)] = [
      ([], .empty), ([0x1F, 0x8B, 8, 0], .gzip),
      ([0x28, 0xB5, 0x2F, 0xFD], .otherCompression("zstd")), ([0x80, 0x02, 0x7D, 0x71], .pickle),
      ([0xFF, 0xFE, 0x7B, 0], .utf16), ([0xFE, 0xFF, 0, 0x7B], .utf16),
      ([0xFF, 0xFE, 0, 0], .utf32),
      ([UInt8](repeating: 0x61, count: 257) + [0x75, 0x73, 0x74, 0x61, 0x72, 0], .tar),
    ]
    for (bytes, kind) in kinds { #expect(FileKind(bytes) == kind) }
  }

  @Test(arguments: [
    "{\"prompt\": \"x\"}", "Handbook of the institute", "version 2 of the rules",
    "a\0b\0c, and text that goes on", "PK is a name", "<p>no page</p>",
    "404 rooms: one, two, three, four, five, six, seven, eight, nine, ten, and so on without an end, as a guide has it",
  ])
  func takesTextForNoKind(text: String) {
    #expect(FileKind(Array(text.utf8)) == nil)
  }
}
