import Foundation

/// The header `Retry-After` of an answer (RFC 9110, 10.2.3): seconds, or the date of the next try.
struct RetryAfter {
  /// From now on; 0 or more, at most a day.
  let seconds: Double

  private static let longest = 86_400.0

  /// Reads the header; nil where there is none or it is neither of the two.
  init?(_ text: String?, now: Date = Date()) {
    guard let text = text?.trimmingCharacters(in: .whitespaces), !text.isEmpty else { return nil }
    if text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
      seconds = min(Double(text) ?? Self.longest, Self.longest)
      return
    }
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(identifier: "GMT")
    formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
    guard let date = formatter.date(from: text) else { return nil }
    seconds = min(max(date.timeIntervalSince(now), 0), Self.longest)
  }
}
