/// The general category of every scalar in Unicode 16, which is what the regular expressions of
/// Python's `tokenizers` know: as a bit of a mask.
struct GeneralCategories: Sendable {
  /// Built once, in a few milliseconds.
  static let shared = GeneralCategories()

  /// The names, in the order of the bits.
  static let names = [
    "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi",
    "Pf", "Po", "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Cn",
  ]

  /// The number of the category of each scalar of the Basic Multilingual Plane.
  private let basicPlane: [UInt8]

  private init() {
    basicPlane = (0..<0x10000).map { value in
      Unicode.Scalar(UInt32(value)).map(Self.number) ?? Self.unassigned
    }
  }

  /// The mask of a name of one or two letters, or nil.
  static func mask(named name: String) -> UInt32? {
    let found = names.enumerated().filter { $0.element == name || $0.element.prefix(1) == name }
    return found.isEmpty ? nil : found.reduce(0) { $0 | 1 << UInt32($1.offset) }
  }

  /// The bit of a scalar's category.
  @inline(__always)
  func bit(of value: UInt32) -> UInt32 {
    let number =
      value < 0x10000
      ? basicPlane[Int(value)] : Unicode.Scalar(value).map(Self.number) ?? Self.unassigned
    return 1 << UInt32(number)
  }

  private static let unassigned: UInt8 = 29

  private static func number(_ scalar: Unicode.Scalar) -> UInt8 {
    let category = scalar.properties.generalCategory
    switch category {
    // These have no age in every version of Unicode's data.
    case .control: return 25
    case .privateUse: return 28
    default: break
    }
    guard scalar.isAssigned(byVersion: 16) else { return unassigned }
    return switch category {
    case .uppercaseLetter: 0
    case .lowercaseLetter: 1
    case .titlecaseLetter: 2
    case .modifierLetter: 3
    case .otherLetter: 4
    case .nonspacingMark: 5
    case .spacingMark: 6
    case .enclosingMark: 7
    case .decimalNumber: 8
    case .letterNumber: 9
    case .otherNumber: 10
    case .connectorPunctuation: 11
    case .dashPunctuation: 12
    case .openPunctuation: 13
    case .closePunctuation: 14
    case .initialPunctuation: 15
    case .finalPunctuation: 16
    case .otherPunctuation: 17
    case .mathSymbol: 18
    case .currencySymbol: 19
    case .modifierSymbol: 20
    case .otherSymbol: 21
    case .spaceSeparator: 22
    case .lineSeparator: 23
    case .paragraphSeparator: 24
    case .format: 26
    case .surrogate: 27
    default: unassigned
    }
  }
}
