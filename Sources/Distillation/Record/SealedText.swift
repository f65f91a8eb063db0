import Files
import HuggingFace

/// The text of a JSON object whose last member, `sha256`, is the SHA-256 of the text without it. A
/// changed bit anywhere in the text is detected when it is read.
enum SealedText {
  private static let ending = Array("\n}".utf8)
  private static let beforeDigest = Array(",\n  \"sha256\" : \"".utf8)
  private static let afterDigest = Array("\"\n}".utf8)
  private static let digits = 64

  /// The seal at the end of a text.
  enum Seal {
    /// There is no seal.
    case none
    /// The text is unchanged.
    case whole
    /// The text has changed.
    case broken
  }

  /// The text with its seal.
  ///
  /// - Parameter text: an object with a member, indented by two spaces as ``RecordCoding`` writes
  ///   it.
  static func seal(_ text: [UInt8]) -> [UInt8] {
    let digest = Array(SHA256.hexadecimal(of: text).utf8)
    return text.dropLast(ending.count) + beforeDigest + digest + afterDigest
  }

  /// Compares a text with its seal.
  static func check(_ text: [UInt8]) -> Seal {
    let length = beforeDigest.count + digits + afterDigest.count
    let (body, seal) = (text.dropLast(length), text.suffix(length))
    guard seal.count == length, seal.starts(with: beforeDigest),
      seal.suffix(afterDigest.count).elementsEqual(afterDigest)
    else { return .none }
    let digest = seal.dropFirst(beforeDigest.count).prefix(digits)
    return SHA256.hexadecimal(of: body + ending).utf8.elementsEqual(digest) ? .whole : .broken
  }
}
