import Foundation
import JSON

/// The `precompiled_charsmap` of SentencePiece: a trie of what is replaced, and the replacements.
///
/// The binary form is SentencePiece's (normalizer.cc): the trie's size in bytes as a little-endian
/// 32-bit number, the units of a Darts double array, then replacements that end with a zero byte.
/// A unit holds its label in bits 0 to 7, whether a value follows in bit 8, and the offset to its
/// children above, shifted by 8 more where bit 9 is set.
struct CharacterMap: Sendable {
  private let units: [UInt32]
  /// UTF-8.
  private let replacements: [UInt8]

  /// Clusters of fewer bytes are looked up as a whole before their characters are.
  private static let clusterLimit = 6

  init(_ node: JSONNode) throws(JSONReadingError) {
    let member: JSONNode = try node.required("precompiled_charsmap", expected: "a string in base64")
    guard let data = Data(base64Encoded: try member.read(as: String.self)) else {
      throw member.failure(expected: "a string in base64")
    }
    let bytes = [UInt8](data)
    func word(_ index: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(bytes[index + $1]) << UInt32(8 * $1) }
    }
    let size = bytes.count < 4 ? 0 : Int(word(0))
    guard size > 0, size % 4 == 0, size <= bytes.count - 4 else {
      throw member.failure(expected: "a trie that lies inside its \(bytes.count) bytes")
    }
    replacements = Array(bytes[(4 + size)...])
    guard String(validating: replacements, as: UTF8.self) != nil else {
      throw member.failure(expected: "replacements in UTF-8")
    }
    units = stride(from: 4, to: 4 + size, by: 4).map(word)
  }

  /// Replaces what the map knows in each grapheme cluster.
  func normalize(_ text: inout NormalizedText) throws(TextBudget.Exceeded) {
    let input = text.bytes
    let source = input.span
    var output: [UInt8] = []
    output.reserveCapacity(source.count)
    var index = 0
    while index < source.count {
      // Two ASCII characters never share a cluster, except CR and LF; most text ends here.
      let isAlone =
        source[index] < 0x80 && source[index] != 0x0D
        && (index + 1 == source.count || source[index + 1] < 0x80)
      if isAlone {
        appendMapped(source, index..<index + 1, to: &output)
        if output.isEmpty { text.startsAtOrigin = false }
        if output.count > text.budget.bytesLeft { try text.budget.spend(bytes: output.count) }
        index += 1
        continue
      }
      var end = index + 1
      while end < source.count,
        source[end] >= 0x80 || source[end - 1] >= 0x80 || source[end - 1] == 0x0D
      {
        end += 1
      }
      for cluster in String(decoding: input[index..<end], as: UTF8.self) {
        let next = index + cluster.utf8.count
        appendCluster(source, index..<next, to: &output)
        if output.isEmpty { text.startsAtOrigin = false }
        if output.count > text.budget.bytesLeft { try text.budget.spend(bytes: output.count) }
        index = next
      }
    }
    text.bytes = output
  }

  private func appendCluster(
    _ source: Span<UInt8>, _ range: Range<Int>, to output: inout [UInt8]
  ) {
    if range.count < Self.clusterLimit, let replacement = replacement(source, range) {
      output.append(contentsOf: replacements[replacement])
      return
    }
    var index = range.lowerBound
    while index < range.upperBound {
      let end = index + scalarLength(source[index])
      appendMapped(source, index..<end, to: &output)
      index = end
    }
  }

  @inline(__always)
  private func appendMapped(
    _ source: Span<UInt8>, _ range: Range<Int>, to output: inout [UInt8]
  ) {
    if let replacement = replacement(source, range) {
      output.append(contentsOf: replacements[replacement])
    } else {
      output.append(source, range)
    }
  }

  /// What stands for the shortest key that `source[range]` starts with, as a range of
  /// `replacements`. That it is the shortest one, whatever follows it, is the library's way.
  private func replacement(_ source: Span<UInt8>, _ range: Range<Int>) -> Range<Int>? {
    var node = Self.offset(units[0])
    for index in range {
      let byte = source[index]
      guard byte != 0 else { return nil }
      node ^= Int(byte)
      guard node < units.count, units[node] & 0x8000_00FF == UInt32(byte) else { return nil }
      let unit = units[node]
      node ^= Self.offset(unit)
      guard node < units.count else { return nil }
      if unit & 0x100 != 0 {
        let start = Int(units[node] & 0x7FFF_FFFF)
        guard start < replacements.count, replacements[start] & 0xC0 != 0x80 else { return nil }
        return start..<(replacements[start...].firstIndex(of: 0) ?? replacements.count)
      }
    }
    return nil
  }

  private static func offset(_ unit: UInt32) -> Int {
    Int(unit >> 10) << Int((unit & 0x200) >> 6)
  }
}
