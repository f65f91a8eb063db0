import Foundation
import Safetensors
import Testing
import Weights

/// Blocks of every type against gguf.quants in Python (Tests/Golden/weights).
@Suite struct WeightFormatTests {
  private let file: SafetensorsFile

  init() throws {
    file = try SafetensorsFile(
      contentsOf: URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Golden/weights/weights.safetensors"))
  }

  private func bytes(_ name: String) throws -> [UInt8] {
    try file.integers(of: name).map(UInt8.init)
  }

  @Test(arguments: WeightFormat.allCases.filter { $0 != .f32 })
  func decodesBitForBit(format: WeightFormat) throws {
    let blocks = try bytes("\(format).blocks")
    let expected = try file.floats(of: "\(format).values")
    #expect(expected.count >= 256)
    #expect(blocks.count == format.byteCount(expected.count))
    #expect(format.decode(blocks).map(\.bitPattern) == expected.map(\.bitPattern))
    // At an odd address.
    let shifted = unsafe ([0] + blocks).withUnsafeBytes { bytes in
      unsafe format.decode(UnsafeRawBufferPointer(rebasing: bytes[1...]))
    }
    #expect(shifted.map(\.bitPattern) == expected.map(\.bitPattern))
  }

  @Test(arguments: [WeightFormat.q80, .q40])
  func encodesBitForBit(format: WeightFormat) throws {
    let encoded = try #require(format.encode(try file.floats(of: "dense")))
    let expected = try bytes("\(format).encoded")
    #expect(encoded.count == expected.count)
    for block in 0..<(expected.count / format.blockBytes) {
      let range = (block * format.blockBytes)..<((block + 1) * format.blockBytes)
      #expect(encoded[range] == expected[range], "block \(block)")
    }
  }

  @Test func refusesWhatAFormatCannotHold() {
    var values = [Float](repeating: 1, count: 32)
    #expect(WeightFormat.q4K.encode([Float](repeating: 1, count: 256)) == nil)
    #expect(WeightFormat.q80.encode(Array(values[1...])) == nil)
    values[31] = .nan
    #expect(WeightFormat.q80.encode(values) == nil)
    #expect(WeightFormat.q40.encode(values) == nil)
    values[31] = 8.33e6
    #expect(WeightFormat.q80.encode(values) == nil, "its scale is above 65504")
    values[31] = .infinity
    #expect(WeightFormat.q40.encode(values) == nil)
    values[31] = 0x1p-140
    #expect(WeightFormat.q80.encode(values.map { $0 * 0x1p-140 })?.count == 34)
  }

  @Test func knowsItsSizes() {
    #expect(WeightFormat.f32.byteCount(7) == 28)
    #expect(WeightFormat.bf16.byteCount(7) == 14)
    #expect(WeightFormat.q80.byteCount(4096) == 4352)
    #expect(WeightFormat.q4K.byteCount(4096) == 2304)
    #expect(WeightFormat.q6K.byteCount(256) == 210)
    #expect(WeightFormat.q40.fits(columns: 576) && !WeightFormat.q4K.fits(columns: 576))
    #expect(WeightFormat(ggmlType: 14) == .q6K && WeightFormat(ggmlType: 2) == .q40)
    #expect(WeightFormat(ggmlType: 10) == nil)
    #expect(Set(WeightFormat.allCases.map(\.ggmlType)).count == 11)
    #expect(WeightFormat.allCases.filter(\.isEncodable) == [.f32, .bf16, .f16, .q80, .q40])
  }
}
