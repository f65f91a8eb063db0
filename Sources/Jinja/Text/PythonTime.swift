import Foundation

/// Python's `strftime` of a time, with English names as in the C locale.
///
/// Supports `%a %A %b %B %c %d %D %e %F %H %I %j %m %M %n %p %S %t %T %u %w %x %X %y %Y %z %Z %%`,
/// and `-` before a number's letter, which drops leading zeros. `%z` and `%Z` are empty, as for
/// Python's `datetime.now()`.
func pythonTime(_ format: String, at date: Date) throws(JinjaError) -> String {
  let calendar = Calendar(identifier: .gregorian)
  let time = TimeFields(date: date, calendar: calendar)
  var result = ""
  var scalars = format.unicodeScalars[...]
  while let scalar = scalars.popFirst() {
    guard scalar == "%" else {
      result.unicodeScalars.append(scalar)
      continue
    }
    let dropsZeros = scalars.first == "-"
    if dropsZeros { scalars.removeFirst() }
    guard let letter = scalars.popFirst() else {
      result += "%"
      break
    }
    guard let text = time.text(of: letter) else {
      throw JinjaError("strftime_now: %\(letter) is not supported")
    }
    let trimmed = text.drop { $0 == "0" || $0 == " " }
    result += dropsZeros ? (trimmed.isEmpty ? "0" : String(trimmed)) : text
  }
  return result
}

private struct TimeFields {
  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
  ]
  private static let days = [
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
  ]

  private let year: Int
  private let month: Int
  private let day: Int
  private let hour: Int
  private let minute: Int
  private let second: Int
  /// 0 is Sunday.
  private let weekday: Int
  private let dayOfYear: Int

  init(date: Date, calendar: Calendar) {
    let parts = calendar.dateComponents(
      [.year, .month, .day, .hour, .minute, .second, .weekday], from: date)
    year = parts.year ?? 0
    month = parts.month ?? 1
    day = parts.day ?? 1
    hour = parts.hour ?? 0
    minute = parts.minute ?? 0
    second = parts.second ?? 0
    weekday = (parts.weekday ?? 1) - 1
    dayOfYear = calendar.ordinality(of: .day, in: .year, for: date) ?? 1
  }

  /// The text of one letter of a format.
  func text(of letter: Unicode.Scalar) -> String? {
    switch letter {
    case "a": String(Self.days[weekday].prefix(3))
    case "A": Self.days[weekday]
    case "b", "h": String(Self.months[month - 1].prefix(3))
    case "B": Self.months[month - 1]
    case "c": joined("a", " ", "b", " ", "e", " ", "T", " ", "Y")
    case "d": padded(day, 2)
    case "D", "x": joined("m", "/", "d", "/", "y")
    case "e": (day < 10 ? " " : "") + String(day)
    case "F": joined("Y", "-", "m", "-", "d")
    case "H": padded(hour, 2)
    case "I": padded((hour + 11) % 12 + 1, 2)
    case "j": padded(dayOfYear, 3)
    case "m": padded(month, 2)
    case "M": padded(minute, 2)
    case "n": "\n"
    case "p": hour < 12 ? "AM" : "PM"
    case "S": padded(second, 2)
    case "t": "\t"
    case "T", "X": joined("H", ":", "M", ":", "S")
    case "u": String(weekday == 0 ? 7 : weekday)
    case "w": String(weekday)
    case "y": padded(year % 100, 2)
    case "Y": String(year)
    case "z", "Z": ""
    case "%": "%"
    default: nil
    }
  }

  /// The texts of letters, with the separators between them.
  private func joined(_ parts: Unicode.Scalar...) -> String {
    parts.map { $0.properties.isAlphabetic ? text(of: $0) ?? "" : String($0) }.joined()
  }

  private func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(width - digits.count, 0)) + digits
  }
}
