import ArgumentParser
import Files
import JSON

/// The form of results on standard output.
struct JSONOption: ParsableArguments {
  @Flag(help: "Print one JSON object.")
  var json = false

  /// Writes a result as a text, or as an object where that is requested.
  func write(_ text: @autoclosure () throws -> String, or object: () throws -> JSONObject) throws {
    try StandardOutput.line(
      json ? JSON.object(object()).text(JSON.Layout(indentation: 2)) : text())
  }
}
