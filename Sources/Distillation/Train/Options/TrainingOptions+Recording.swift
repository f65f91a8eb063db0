import JSON

extension TrainingOptions {
  /// The options as a JSON object under their recorded names.
  package func members() throws(DistillationError) -> JSONObject {
    try RecordCoding.members(of: self)
  }
}
