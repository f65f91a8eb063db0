/// A zip archive of entries that are not compressed (APPNOTE.TXT 6.3.10, method 0), without the
/// 64-bit extensions.
package struct StoredArchive: Sendable, Equatable {
  /// A file of the archive.
  package struct Entry: Sendable, Equatable {
    package var name: String
    package var bytes: [UInt8]

    /// An entry.
    package init(_ name: String, _ bytes: [UInt8]) {
      self.name = name
      self.bytes = bytes
    }
  }

  /// In the order of the archive.
  package let entries: [Entry]

  /// An archive of these entries.
  package init(_ entries: [Entry]) { self.entries = entries }

  /// Data begins at multiples of this, as PyTorch's own archives have it.
  private static let alignment = 64
  /// PyTorch's id of the extra field that pads a header.
  private static let paddingField: UInt16 = 0x4246

  /// The archive's bytes; nil where it has 4 GiB or more, which needs the 64-bit extensions.
  package var bytes: [UInt8]? {
    var writer = LittleEndianWriter()
    var directory = LittleEndianWriter()
    for entry in entries {
      guard let size = UInt32(exactly: entry.bytes.count),
        let offset = UInt32(exactly: writer.bytes.count)
      else { return nil }
      let name = Array(entry.name.utf8)
      let common = Common(checksum: CRC32.of(entry.bytes), size: size, nameLength: name.count)
      let end = writer.bytes.count + 30 + name.count + 4
      let padding = (Self.alignment - end % Self.alignment) % Self.alignment
      writer.append(0x0403_4b50 as UInt32)
      writer.append(common, extraLength: 4 + padding)
      writer.bytes += name
      writer.append(Self.paddingField)
      writer.append(UInt16(padding))
      writer.bytes += [UInt8](repeating: 0x5a, count: padding)
      writer.bytes += entry.bytes
      directory.append(0x0201_4b50 as UInt32)
      directory.append(Common.version)
      directory.append(common, extraLength: 0)
      // Comment length, disk, internal and external attributes.
      directory.bytes += [UInt8](repeating: 0, count: 10)
      directory.append(offset)
      directory.bytes += name
    }
    guard let start = UInt32(exactly: writer.bytes.count),
      let size = UInt32(exactly: directory.bytes.count), let count = UInt16(exactly: entries.count)
    else { return nil }
    writer.bytes += directory.bytes
    writer.append(0x0605_4b50 as UInt32)
    writer.append(0 as UInt32)
    writer.append(count)
    writer.append(count)
    writer.append(size)
    writer.append(start)
    writer.append(0 as UInt16)
    return writer.bytes
  }

  /// What an entry's header and its line of the directory share.
  fileprivate struct Common {
    let checksum: UInt32
    let size: UInt32
    let nameLength: Int

    /// The version of the format that reads it: 1.0 would do, 2.0 is usual.
    static let version: UInt16 = 20
    /// 1 January 1980.
    static let date: UInt32 = 0x0021_0000
  }
}

extension StoredArchive {
  /// Reads an archive that ``bytes`` wrote; nil where the bytes are no such archive, or an entry
  /// has another checksum.
  package init?(_ bytes: [UInt8]) {
    var reader = LittleEndianReader(bytes)
    var entries: [Entry] = []
    while let signature = reader.next(UInt32.self), signature == 0x0403_4b50 {
      guard reader.skip(10), let checksum = reader.next(UInt32.self),
        let size = reader.next(UInt32.self), reader.next(UInt32.self) == size,
        let nameLength = reader.next(UInt16.self), let extraLength = reader.next(UInt16.self),
        let name = reader.next(count: Int(nameLength)), reader.skip(Int(extraLength)),
        let data = reader.next(count: Int(size)), CRC32.of(data) == checksum
      else { return nil }
      entries.append(Entry(String(decoding: name, as: UTF8.self), data))
    }
    guard !entries.isEmpty else { return nil }
    self.entries = entries
  }
}

/// Appends numbers, least significant byte first.
private struct LittleEndianWriter {
  var bytes: [UInt8] = []

  mutating func append(_ value: some FixedWidthInteger) {
    for shift in stride(from: 0, to: value.bitWidth, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  mutating func append(_ common: StoredArchive.Common, extraLength: Int) {
    append(StoredArchive.Common.version)
    // No flags, method 0.
    append(0 as UInt32)
    append(StoredArchive.Common.date)
    append(common.checksum)
    append(common.size)
    append(common.size)
    append(UInt16(common.nameLength))
    append(UInt16(extraLength))
  }
}

/// Reads numbers, least significant byte first.
private struct LittleEndianReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func next(count: Int) -> [UInt8]? {
    guard bytes.count - position >= count else { return nil }
    defer { position += count }
    return Array(bytes[position..<position + count])
  }

  mutating func skip(_ count: Int) -> Bool { next(count: count) != nil }

  mutating func next<Value: FixedWidthInteger>(_: Value.Type) -> Value? {
    next(count: Value.bitWidth / 8)?.reversed().reduce(0) { $0 << 8 | Value($1) }
  }
}
