import JSON

extension RecordCoding {
  /// A record's members.
  static func members(of record: some Encodable) throws(DistillationError) -> JSONObject {
    let bytes = try encode(record)
    guard case .object(let object)? = try? JSON(parsing: bytes) else { return JSONObject() }
    return object
  }
}
