/// What a pattern such as `[^\s\p{L}\p{N}]` distinguishes.
enum ScalarClass: UInt8 {
  case other, letter, number, whitespace
}

/// The class of every scalar, and the character sets of Python's `tokenizers`.
///
/// That library's regular expressions know Unicode 16. Swift's standard library knows a newer
/// one, so a character counts only if it was assigned by version 16: the general category of a
/// character once assigned does not move between letter, number and the rest. Other parts of
/// that library were built with other versions of Unicode; each set below says which. All of
/// them were compared with tokenizers 0.23.3 over every scalar.
struct UnicodeClasses: Sendable {
  /// Built once, in a few milliseconds.
  static let shared = UnicodeClasses()

  /// The class of each scalar of the Basic Multilingual Plane.
  private let basicPlane: [ScalarClass]

  private init() {
    basicPlane = (0..<0x10000).map { value in
      Unicode.Scalar(UInt32(value)).map(Self.classify) ?? .other
    }
  }

  subscript(value: UInt32) -> ScalarClass {
    @inline(__always) get {
      value < 0x10000
        ? basicPlane[Int(value)] : Unicode.Scalar(value).map(Self.classify) ?? .other
    }
  }

  private static func classify(_ scalar: Unicode.Scalar) -> ScalarClass {
    if scalar.properties.isWhitespace { return .whitespace }
    guard scalar.isAssigned(byVersion: 16) else { return .other }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      return .letter
    case .decimalNumber, .letterNumber, .otherNumber:
      return .number
    default:
      return .other
    }
  }
}

extension Unicode.Scalar {
  /// Whether the character existed in Unicode `major`.0.
  func isAssigned(byVersion major: Int) -> Bool {
    guard let age = properties.age else { return false }
    return age.major < major || age.major == major && age.minor == 0
  }

  /// A number of any kind, as `Digits` sees it (the Unicode version of the standard library).
  var isNumeric: Bool {
    switch properties.generalCategory {
    case .decimalNumber, .letterNumber, .otherNumber: true
    default: false
    }
  }

  /// A mark of any kind in Unicode 16.
  private var isMark: Bool {
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: true
    default: false
    }
  }

  /// `\w` of UTS 18 Annex C in Unicode 16: what single-word added tokens and `Whitespace` use.
  var isWordCharacter: Bool {
    guard isAssigned(byVersion: 16) else { return false }
    if properties.isAlphabetic || properties.isJoinControl || isMark { return true }
    switch properties.generalCategory {
    case .decimalNumber, .connectorPunctuation: return true
    default: return false
    }
  }

  /// Punctuation as `Punctuation` sees it: ASCII symbols too, else Unicode 8.
  var isPunctuation: Bool {
    // Two that were punctuation then.
    if self == "\u{166D}" || self == "\u{111C9}" { return true }
    if isASCII {
      return "!"..."/" ~= self || ":"..."@" ~= self || "["..."`" ~= self || "{"..."~" ~= self
    }
    guard isAssigned(byVersion: 8) else { return false }
    switch properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation:
      return true
    default: return false
    }
  }

  /// A combining mark as `StripAccents` sees it: Unicode 9.
  var isStrippedAccent: Bool {
    switch self {
    case "\u{1CF2}", "\u{1CF3}": true  // Marks then.
    case "\u{111C9}": false  // Not one then.
    default: isMark && isAssigned(byVersion: 9)
    }
  }
}
