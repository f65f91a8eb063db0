import Files
import Testing

@Suite struct StoredArchiveTests {
  @Test func checksumIsThatOfTheStandard() {
    // The check value of CRC-32/ISO-HDLC.
    #expect(CRC32.of(Array("123456789".utf8)) == 0xcbf4_3926)
    #expect(CRC32.of([]) == 0)
  }

  @Test func archivesReadBack() throws {
    let archive = StoredArchive([
      .init("a/b", Array("hello".utf8)), .init("c", []), .init("d", [UInt8](0...255)),
    ])
    let bytes = try #require(archive.bytes)
    #expect(StoredArchive(bytes) == archive)
  }

  @Test func headersAreThoseOfTheFormat() throws {
    let bytes = try #require(StoredArchive([.init("x", Array("123456789".utf8))]).bytes)
    // Local header, version 2.0, no flags, stored, 1980-01-01, checksum, sizes, lengths.
    #expect(
      bytes.prefix(31) == [
        0x50, 0x4b, 3, 4, 20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0, 0x26, 0x39, 0xf4, 0xcb, 9, 0, 0, 0,
        9, 0, 0, 0, 1, 0, 33, 0, 0x78,
      ])
    #expect(bytes[64..<73] == Array("123456789".utf8)[...])
    // One entry; the directory begins at byte 73 and has 47.
    #expect(
      bytes.suffix(22) == [
        0x50, 0x4b, 5, 6, 0, 0, 0, 0, 1, 0, 1, 0, 47, 0, 0, 0, 73, 0, 0, 0, 0, 0,
      ])
  }

  @Test func damagedArchivesAreNone() throws {
    var bytes = try #require(StoredArchive([.init("x", Array("123456789".utf8))]).bytes)
    #expect(StoredArchive([]) == nil)
    #expect(StoredArchive(Array(bytes.prefix(70))) == nil)
    bytes[66] ^= 1
    #expect(StoredArchive(bytes) == nil)
  }
}
