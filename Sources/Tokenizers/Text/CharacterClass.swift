/// A set of scalars in a regular expression.
struct CharacterClass: Sendable {
  enum Item: Sendable {
    case range(ClosedRange<UInt32>)
    /// General categories, as a mask of `GeneralCategories`.
    case categories(UInt32)
    case whitespace
    /// `\w` of Oniguruma: with superscript and fraction digits of Latin 1, without join controls.
    case word
    /// A script, as sorted ranges.
    case script([ClosedRange<UInt32>])
    case nested(CharacterClass)
  }

  private let items: [(item: Item, isNegated: Bool)]
  /// Further operands of `&&`.
  private let intersections: [CharacterClass]
  private let isNegated: Bool
  private let ignoresCase: Bool
  /// Which scalars below 128 belong to it.
  private let ascii: (low: UInt64, high: UInt64)

  init(
    _ items: [(item: Item, isNegated: Bool)], intersections: [CharacterClass] = [],
    isNegated: Bool = false, ignoresCase: Bool = false
  ) {
    self.items = items
    self.intersections = intersections
    self.isNegated = isNegated
    self.ignoresCase = ignoresCase
    var ascii: (low: UInt64, high: UInt64) = (0, 0)
    for value in UInt32(0)..<128
    where Self.holds(value, items, intersections, ignoresCase) != isNegated {
      if value < 64 {
        ascii.low |= 1 << UInt64(value)
      } else {
        ascii.high |= 1 << UInt64(value - 64)
      }
    }
    self.ascii = ascii
  }

  /// One scalar.
  init(_ scalar: Unicode.Scalar, ignoresCase: Bool = false) {
    self.init([(.range(scalar.value...scalar.value), false)], ignoresCase: ignoresCase)
  }

  @inline(__always)
  func contains(_ value: UInt32) -> Bool {
    if value < 64 { return ascii.low >> UInt64(value) & 1 != 0 }
    if value < 128 { return ascii.high >> UInt64(value - 64) & 1 != 0 }
    return Self.holds(value, items, intersections, ignoresCase) != isNegated
  }

  private static func holds(
    _ value: UInt32, _ items: [(item: Item, isNegated: Bool)], _ others: [CharacterClass],
    _ ignoresCase: Bool
  ) -> Bool {
    if !ignoresCase { return holds(value, items, others) }
    return holds(value, items, others)
      || caseVariants(of: value).contains { holds($0, items, others) }
  }

  private static func holds(
    _ value: UInt32, _ items: [(item: Item, isNegated: Bool)], _ others: [CharacterClass]
  ) -> Bool {
    items.contains { holds(value, $0.item) != $0.isNegated }
      && others.allSatisfy { $0.contains(value) }
  }

  private static func holds(_ value: UInt32, _ item: Item) -> Bool {
    switch item {
    case .range(let range): return range.contains(value)
    case .categories(let mask): return GeneralCategories.shared.bit(of: value) & mask != 0
    case .whitespace: return UnicodeClasses.shared[value] == .whitespace
    case .word:
      switch value {
      case 0xB2, 0xB3, 0xB9, 0xBC...0xBE: return true
      case 0x200C, 0x200D: return false
      default: return Unicode.Scalar(value)?.isWordCharacter ?? false
      }
    case .script(let ranges):
      var (low, high) = (0, ranges.count)
      while low < high {
        let middle = (low + high) / 2
        if ranges[middle].upperBound < value { low = middle + 1 } else { high = middle }
      }
      return low < ranges.count && ranges[low].lowerBound <= value
    case .nested(let set): return set.contains(value)
    }
  }

  /// The other cases of a scalar, as far as they are one scalar.
  static func caseVariants(of value: UInt32) -> [UInt32] {
    guard let scalar = Unicode.Scalar(value) else { return [] }
    func single(_ mapping: String) -> Unicode.Scalar? {
      let scalars = mapping.unicodeScalars
      return scalars.count == 1 ? scalars.first : nil
    }
    let upper = single(scalar.properties.uppercaseMapping) ?? scalar
    let lower = single(scalar.properties.lowercaseMapping) ?? scalar
    let folded = single(upper.properties.lowercaseMapping) ?? lower
    var variants = [upper.value, lower.value, folded.value]
    switch folded {
    case "s": variants.append(0x17F)
    case "k": variants.append(0x212A)
    case "\u{E5}": variants.append(0x212B)
    default: break
    }
    return variants
  }
}
