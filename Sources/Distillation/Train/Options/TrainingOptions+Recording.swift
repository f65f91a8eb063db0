import JSON

extension TrainingOptions {
  /// The options as a JSON object under their recorded names.
  ///
  /// - Throws: ``DistillationError/content(file:expected:found:)`` where a value cannot be written
  ///   as JSON.
  package func members() throws(DistillationError) -> JSONObject {
    try RecordCoding.members(of: self)
  }
}
