import Foundation

extension TemplateChoice {
  /// `clock` as a record holds it: what a clock on the wall showed, as in 2026-11-23T09:30:00. It is read back as that
  /// of this machine's time zone, since a template's clock writes the time of the place.
  package var wallClock: String? {
    get { clock?.formatted(Self.wallClockFormat) }
    set { clock = newValue.flatMap { try? Date($0, strategy: Self.wallClockFormat) } }
  }

  private static var wallClockFormat: Date.ISO8601FormatStyle {
    Date.ISO8601FormatStyle(timeZone: .current).year().month().day()
      .time(includingFractionalSeconds: false)
  }
}
