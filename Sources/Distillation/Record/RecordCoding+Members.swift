import JSON

extension RecordCoding {
  /// A record's members.
  static func members(of record: some Encodable) throws(DistillationError) -> JSONObject {
    let bytes = try encode(record)
    guard case .object(let object)? = try? JSON(parsing: bytes) else { return JSONObject() }
    return object
  }

  /// A found option in a message: nobody may have named one that has its default.
  static func found(_ value: JSON?, default standard: JSON?) -> String {
    guard let value else { return "its default" }
    return value == standard ? "its default, \(value.text())" : value.text()
  }
}
