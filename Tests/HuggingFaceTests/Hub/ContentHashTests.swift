import Testing

@testable import HuggingFace

@Suite("ContentHash")
struct ContentHashTests {
  /// The names that `git hash-object` gives a file with the line "hello", and an empty one.
  @Test("git's name of a blob")
  func blob() {
    for (text, expected) in [
      ("hello\n", "ce013625030ba8dba906f756967f9e9ca394464a"),
      ("", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"),
    ] {
      var hash = ContentHash(.gitBlob(isSHA256: false), byteCount: text.utf8.count)
      hash.update(Array(text.utf8).span)
      #expect(hash.finish() == expected)
    }
  }
}
