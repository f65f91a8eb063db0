import Testing

/// Expects that `body` throws an error that prints as `message`, one line.
func expectError<Value>(
  _ message: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Value
) {
  do {
    _ = try body()
    Issue.record("expected an error", sourceLocation: sourceLocation)
  } catch {
    #expect("\(error)" == message, sourceLocation: sourceLocation)
    #expect(!"\(error)".contains("\n"), sourceLocation: sourceLocation)
  }
}
