import Testing

@testable import Files

@Suite("SHA256")
struct SHA256Tests {
  /// FIPS 180-2, appendix B, and the message of no bytes.
  @Test(
    "the messages of the standard",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
    ])
  func standard(message: String, digest: String) {
    #expect(SHA256.hexadecimal(of: message.utf8) == digest)
  }

  @Test("the processor's instructions give what portable code gives")
  func instructions() {
    let bytes = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 167 >> 2) }
    for length in [0, 1, 55, 64, 65, 128, 1000, 4096, 4999] {
      var (portable, own) = (SHA256(), SHA256())
      portable.usesInstructions = false
      for part in [bytes.prefix(7), bytes.prefix(length)] {
        portable.update(Array(part).span)
        own.update(Array(part).span)
      }
      #expect(portable.finish() == own.finish(), "\(length) bytes")
    }
  }

  @Test("every length around the padding", arguments: Array(50...70) + [119, 120, 127, 128])
  func padding(length: Int) {
    let bytes = [UInt8](repeating: 7, count: length)
    var pieces = SHA256()
    for byte in bytes { pieces.update([byte].span) }
    var whole = SHA256()
    whole.update(bytes.span)
    #expect(pieces.finish() == whole.finish())
  }

  @Test("a million times the letter a, in pieces of many sizes")
  func pieces() {
    var hash = SHA256()
    var remaining = 1_000_000
    var size = 1
    while remaining > 0 {
      let count = min(size, remaining)
      hash.update([UInt8](repeating: UInt8(ascii: "a"), count: count).span)
      remaining -= count
      size = size * 3 % 1021
    }
    #expect(
      SHA256.hexadecimal(hash.finish())
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }
}
