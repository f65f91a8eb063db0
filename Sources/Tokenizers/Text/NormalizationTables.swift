import Foundation

/// What the normalization forms are computed from, for the characters of Unicode 9: that is the
/// version Python's `tokenizers` normalizes by. A later character stays as it is, and those
/// on both sides of it do not combine.
///
/// Foundation gives the decomposition of single characters only, once. Its composition of whole
/// strings is wrong outside the Basic Multilingual Plane (U+E0061 U+0300 becomes "à").
/// By the stability policy of Unicode these tables are the same in every later version.
struct NormalizationTables: Sendable {
  static let canonical = NormalizationTables(isCompatibility: false)
  static let compatibility = NormalizationTables(isCompatibility: true)

  /// Full decompositions, Hangul syllables apart.
  private let decompositions: [UInt32: [UInt32]]
  /// The primary composite of a pair, first and second in one key.
  private let compositions: [UInt64: UInt32]
  /// Canonical combining classes in the Basic Multilingual Plane.
  private let basicPlaneClasses: [UInt8]

  /// All blocks with characters that decompose in Unicode 9, Hangul syllables apart.
  private static let blocks: [Range<UInt32>] = [
    0xA0..<0x3400, 0xA640..<0xAC00, 0xF900..<0x10000, 0x11080..<0x11600, 0x1D100..<0x1D800,
    0x1EE00..<0x1F300, 0x2F800..<0x2FA20,
  ]

  private init(isCompatibility: Bool) {
    var decompositions: [UInt32: [UInt32]] = [:]
    var compositions: [UInt64: UInt32] = [:]
    /// The composite that decomposes into exactly these; every prefix of one is there before it.
    var composites: [[UInt32]: UInt32] = [:]
    var longer: [(value: UInt32, parts: [UInt32])] = []
    for value in Self.blocks.joined() {
      guard let scalar = Unicode.Scalar(value), scalar.isAssigned(byVersion: 9) else { continue }
      let text = String(scalar)
      let canonical = text.decomposedStringWithCanonicalMapping.unicodeScalars.map(\.value)
      if isCompatibility {
        let parts = text.decomposedStringWithCompatibilityMapping.unicodeScalars.map(\.value)
        if parts != [value] { decompositions[value] = parts }
      } else if canonical != [value] {
        decompositions[value] = canonical
      }
      let isExcluded = scalar.properties.isFullCompositionExclusion
      if canonical.count > 1, !isExcluded {
        composites[canonical] = value
        longer.append((value, canonical))
      }
    }
    for (value, parts) in longer {
      let first = parts.count == 2 ? parts[0] : composites[Array(parts.dropLast())]
      if let first, let last = parts.last { compositions[Self.key(first, last)] = value }
    }
    self.decompositions = decompositions
    self.compositions = compositions
    basicPlaneClasses = (UInt32(0)..<0x10000).map(Self.combiningClass)
  }

  private static func key(_ first: UInt32, _ second: UInt32) -> UInt64 {
    UInt64(first) << 32 | UInt64(second)
  }

  private static func combiningClass(_ value: UInt32) -> UInt8 {
    guard let scalar = Unicode.Scalar(value), scalar.isAssigned(byVersion: 9) else { return 0 }
    return scalar.properties.canonicalCombiningClass.rawValue
  }

  /// The canonical combining class.
  func combiningClass(_ value: UInt32) -> UInt8 {
    value < 0x10000 ? basicPlaneClasses[Int(value)] : Self.combiningClass(value)
  }

  /// Appends the full decomposition of a character.
  func appendDecomposition(of value: UInt32, to output: inout [UInt32]) {
    if let syllable = Hangul.syllableIndex(value) {
      Hangul.appendDecomposition(of: syllable, to: &output)
    } else if let parts = decompositions[value] {
      output.append(contentsOf: parts)
    } else {
      output.append(value)
    }
  }

  /// The primary composite of two characters, or nil.
  func composition(_ first: UInt32, _ second: UInt32) -> UInt32? {
    Hangul.composition(first, second) ?? compositions[Self.key(first, second)]
  }
}

/// Hangul syllables are computed, not listed (Unicode Standard, section 3.12).
private enum Hangul {
  private static let leading: UInt32 = 0x1100
  private static let vowel: UInt32 = 0x1161
  /// One before the first trailing consonant.
  private static let trailing: UInt32 = 0x11A7
  private static let syllables: UInt32 = 0xAC00
  private static let leadingCount: UInt32 = 19
  private static let vowelCount: UInt32 = 21
  private static let trailingCount: UInt32 = 28

  static func syllableIndex(_ value: UInt32) -> UInt32? {
    let index = value &- syllables
    return index < leadingCount * vowelCount * trailingCount ? index : nil
  }

  static func appendDecomposition(of syllable: UInt32, to output: inout [UInt32]) {
    output.append(leading + syllable / (vowelCount * trailingCount))
    output.append(vowel + syllable / trailingCount % vowelCount)
    if syllable % trailingCount > 0 { output.append(trailing + syllable % trailingCount) }
  }

  static func composition(_ first: UInt32, _ second: UInt32) -> UInt32? {
    if first &- leading < leadingCount, second &- vowel < vowelCount {
      return syllables + ((first - leading) * vowelCount + second - vowel) * trailingCount
    }
    if let syllable = syllableIndex(first), syllable % trailingCount == 0,
      second > trailing, second - trailing < trailingCount
    {
      return first + second - trailing
    }
    return nil
  }
}
