import Testing

@testable import Files

/// RFC 3720, appendix B.4.
@Suite struct CRC32CTests {
  private static let vectors: [([UInt8], UInt32)] = [
    ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
    ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
    ((0..<32).map { UInt8($0) }, 0x46dd_794e),
    (Array("123456789".utf8), 0xe306_9283),
    ([], 0),
  ]

  @Test(arguments: vectors)
  func theVectorsOfTheStandard(bytes: [UInt8], expected: UInt32) {
    #expect(CRC32C.of(bytes) == expected)
  }

  @Test func theMaskRotatesAndShifts() {
    let sum = CRC32C.of(Array("123456789".utf8))
    #expect(CRC32C.masked(Array("123456789".utf8)) == (sum >> 15 | sum << 17) &+ 0xa282_ead8)
    #expect(CRC32C.masked([]) == 0xa282_ead8)
  }
}
