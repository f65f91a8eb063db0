extension Placement {
  /// Whether the template may write the time at which it is rendered.
  package var readsClock: Bool { templateSource?.contains("strftime_now") ?? false }
}
