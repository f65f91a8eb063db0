import Files
import Foundation

/// A page states the SHA-256 of itself, with zeros in place of the digits: a page that was changed
/// is its reader's, and no longer one that may be replaced.
extension ReportPage {
  private static let sealName = "sha256"
  private static let unsealed = String(repeating: "0", count: 64)
  /// The seal stands in the head, before any text of a run.
  private static let searched = 1024

  /// The element with the digits.
  static func seal(_ digits: String = unsealed) -> Markup {
    Tag.meta(Attribute("name", sealName), Attribute("content", digits))
  }

  /// A page with its seal, from one with zeros in its place.
  static func sealed(_ page: [UInt8]) -> [UInt8] {
    guard let place = digits(in: page) else { return page }
    var page = page
    page.replaceSubrange(place, with: SHA256.hexadecimal(of: page).utf8)
    return page
  }

  /// Whether a file is a report as it was written, so that it may be replaced by another one.
  package static func isUnchanged(_ url: URL) -> Bool {
    guard SpecialFile(at: url.path) == nil, let data = try? Data(contentsOf: url) else {
      return false
    }
    var page = [UInt8](data)
    guard let place = digits(in: page) else { return false }
    let found = Array(page[place])
    page.replaceSubrange(place, with: unsealed.utf8)
    return SHA256.hexadecimal(of: page).utf8.elementsEqual(found)
  }

  /// Where the digits of the seal stand; nil where there is none.
  private static func digits(in page: [UInt8]) -> Range<Int>? {
    let start = Array(seal().html.utf8.prefix(while: { $0 != UInt8(ascii: "0") }))
    guard let found = page.prefix(searched).firstRange(of: start) else { return nil }
    let place = found.upperBound..<(found.upperBound + unsealed.utf8.count)
    return place.upperBound <= page.count ? place : nil
  }
}
