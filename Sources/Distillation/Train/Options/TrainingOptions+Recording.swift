import JSON

extension TrainingOptions {
  /// The options as a JSON object under their recorded names.
  package func members() throws(DistillationError) -> JSONObject {
    let bytes = try RecordCoding.encode(self)
    guard case .object(let object)? = try? JSON(parsing: bytes) else { return JSONObject() }
    return object
  }
}
