import Foundation
import Tokenizers

/// The small tokenizers under Tests/Golden/tokenizers, made by make_tokenizers.py there.
enum Golden {
  static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Golden/tokenizers")

  static func data(_ file: String) throws -> Data {
    try Data(contentsOf: folder.appendingPathComponent(file))
  }

  static func tokenizer(_ name: String) throws -> Tokenizer {
    try Tokenizer(contentsOf: folder.appendingPathComponent("\(name).json"))
  }

  /// The results of Python's library for one tokenizer.
  struct Cases: Decodable {
    /// The post-processor's tokens before a text, and after it.
    let leading: [Int]
    let trailing: [Int]
    /// The text of both around a line feed.
    let around: String
    let size: Int
    let cases: [Case]
  }

  struct Case: Decodable {
    let text: String
    /// Without special tokens.
    let ids: [Int]
    /// The text of `ids`; as `text` if absent.
    let decoded: String?
    /// Of the ids with special tokens, skipping those; as `decoded` if absent.
    let skipped: String?
  }

  static func cases(_ name: String) throws -> Cases {
    try JSONDecoder().decode(Cases.self, from: data("\(name).cases.json"))
  }
}

/// Strings are equal here when their bytes are: Swift's own equality is canonical equivalence.
func isSame(_ left: String, _ right: String) -> Bool {
  left.utf8.elementsEqual(right.utf8)
}

/// SplitMix64: the same numbers everywhere.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }

  /// Text of up to `length` scalars: ASCII, white space, quotes and characters of every plane.
  mutating func text(upTo length: Int) -> String {
    var text = String.UnicodeScalarView()
    let common = Array(" \n\r\t'sSdDmMtTlLrReEvV019.,-_\u{17F}\u{A0}\u{3000}é".unicodeScalars)
    for _ in 0..<Int.random(in: 0...length, using: &self) {
      let value: UInt32
      switch Int.random(in: 0..<10, using: &self) {
      case 0..<5:
        text.append(common[Int.random(in: 0..<common.count, using: &self)])
        continue
      case 5, 6: value = .random(in: 0..<0x80, using: &self)
      case 7: value = .random(in: 0..<0x3000, using: &self)
      case 8: value = .random(in: 0..<0x10000, using: &self)
      default: value = .random(in: 0..<0x110000, using: &self)
      }
      if let scalar = Unicode.Scalar(value) { text.append(scalar) }
    }
    return String(text)
  }
}
