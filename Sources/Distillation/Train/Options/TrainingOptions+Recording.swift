import JSON

extension TrainingOptions {
  /// The options as a JSON object under the names of the command line.
  package func members() throws(DistillationError) -> JSONObject {
    try RecordCoding.members(of: self)
  }
}
