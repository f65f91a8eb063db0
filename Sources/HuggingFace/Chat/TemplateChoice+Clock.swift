import Foundation

extension TemplateChoice {
  /// The record of `clock`: a local time such as 2026-11-23T09:30:00. It is read back in this
  /// machine's time zone, since a template's clock writes local time.
  package var wallClock: String? {
    get { clock?.formatted(Self.wallClockFormat) }
    set { clock = newValue.flatMap { try? Date($0, strategy: Self.wallClockFormat) } }
  }

  private static var wallClockFormat: Date.ISO8601FormatStyle {
    Date.ISO8601FormatStyle(timeZone: .current).year().month().day()
      .time(includingFractionalSeconds: false)
  }
}
