import Foundation
import TestSupport
import Testing

@testable import Safetensors

@Suite("Widening to Float")
struct WideningTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A file with one tensor that begins at an odd address, so that every load is unaligned.
  private func file(_ elementType: ElementType, _ bytes: [UInt8]) throws -> SafetensorsFile {
    let count = bytes.count / elementType.byteCount
    let header = #"""
      {"pad":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},
      "w":{"dtype":"\#(elementType)","shape":[\#(count)],"data_offsets":[1,\#(1 + bytes.count)]}}
      """#
    let url = try folder.write("\(UUID()).safetensors", safetensors(header) + [0] + bytes)
    return try SafetensorsFile(contentsOf: url)
  }

  private func bytes<Bits: FixedWidthInteger>(_ elements: [Bits]) -> [UInt8] {
    elements.flatMap { element in
      (0..<MemoryLayout<Bits>.size).map { UInt8(truncatingIfNeeded: element >> (8 * $0)) }
    }
  }

  @Test("every f16 pattern, subnormals, infinities and NaN included")
  func half() throws {
    let patterns = (0...UInt16.max).map { $0 }
    let floats = try file(.f16, bytes(patterns)).floats(of: "w")
    #expect(floats.count == patterns.count)
    for (pattern, value) in zip(patterns, floats) {
      let expected = Float(Float16(bitPattern: pattern))
      #expect(value == expected && value.sign == expected.sign || value.isNaN && expected.isNaN)
    }
  }

  @Test("every bf16 pattern is the upper half of a Float")
  func brainFloat() throws {
    let patterns = (0...UInt16.max).map { $0 }
    let floats = try file(.bf16, bytes(patterns)).floats(of: "w")
    #expect(floats.map(\.bitPattern) == patterns.map { UInt32($0) << 16 })
  }

  @Test("f32 as it is, f64 rounded to nearest")
  func wider() throws {
    let values: [Double] = [0, -0.0, 1, -1.5, .pi, 1e-40, 1e300, 1 + 0x1p-25]
    let doubles = try file(.f64, bytes(values.map(\.bitPattern))).floats(of: "w")
    #expect(doubles.map(\.bitPattern) == values.map { Float($0).bitPattern })
    let singles = values.map { Float($0) }
    let floats = try file(.f32, bytes(singles.map(\.bitPattern))).floats(of: "w")
    #expect(floats.map(\.bitPattern) == singles.map(\.bitPattern))
  }

  @Test("integers of every type")
  func integers() throws {
    #expect(try file(.i8, [0xFF, 0x7F]).integers(of: "w") == [-1, 127])
    #expect(try file(.u8, [0xFF, 0x7F]).integers(of: "w") == [255, 127])
    #expect(try file(.i16, bytes([Int16.min, 3])).integers(of: "w") == [-32768, 3])
    #expect(try file(.u16, bytes([UInt16.max])).integers(of: "w") == [65535])
    #expect(try file(.i32, bytes([Int32.min])).integers(of: "w") == [-2_147_483_648])
    #expect(try file(.u32, bytes([UInt32.max])).integers(of: "w") == [4_294_967_295])
    #expect(try file(.i64, bytes([Int64.min, .max])).integers(of: "w") == [.min, .max])
    #expect(throws: SafetensorsError.self) { try file(.f32, [0, 0, 0, 0]).integers(of: "w") }
  }

  @Test(
    "NaN and infinity are found at their place, in every type",
    arguments: [0, 1, 4095, 4096, 9999])
  func finite(place: Int) throws {
    let count = 10_000
    var singles = [Float](repeating: -.greatestFiniteMagnitude, count: count)
    try file(.f32, bytes(singles.map(\.bitPattern))).checkFinite("w")
    singles[place] = .nan
    let wide = try file(.f32, bytes(singles.map(\.bitPattern)))
    var halves = [UInt16](repeating: 0x7BFF, count: count)
    try file(.f16, bytes(halves)).checkFinite("w")
    halves[place] = 0xFC00
    let half = try file(.f16, bytes(halves))
    var brains = [UInt16](repeating: 0x7F7F, count: count)
    try file(.bf16, bytes(brains)).checkFinite("w")
    brains[place] = 0x7F81
    let brain = try file(.bf16, bytes(brains))
    var doubles = [Double](repeating: .greatestFiniteMagnitude, count: count)
    try file(.f64, bytes(doubles.map(\.bitPattern))).checkFinite("w")
    doubles[place] = -.infinity
    let double = try file(.f64, bytes(doubles.map(\.bitPattern)))
    for file in [wide, half, brain, double] {
      #expect {
        try file.checkFinite("w")
      } throws: { error in
        (error as? SafetensorsError)?.problem == .notFinite(tensor: "w", element: place)
      }
    }
  }
}
