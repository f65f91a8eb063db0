import Testing

@testable import Files

@Suite("SHA1")
struct SHA1Tests {
  private func digest(_ bytes: some Sequence<UInt8>) -> String {
    var hash = SHA1()
    hash.update(Array(bytes).span)
    return SHA256.hexadecimal(hash.finish())
  }

  /// FIPS 180-2, appendix A, and the message of no bytes.
  @Test(
    "the messages of the standard",
    arguments: [
      ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
      ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
      ),
    ])
  func standard(message: String, expected: String) {
    #expect(digest(message.utf8) == expected)
  }

  @Test("a million times the letter a, in pieces of many sizes")
  func pieces() {
    var hash = SHA1()
    var remaining = 1_000_000
    var size = 1
    while remaining > 0 {
      let count = min(size, remaining)
      hash.update([UInt8](repeating: UInt8(ascii: "a"), count: count).span)
      remaining -= count
      size = size * 3 % 1021
    }
    #expect(SHA256.hexadecimal(hash.finish()) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f")
  }
}
