internal import Ranks

extension Ranks {
  /// The record that the first rank makes, of its own files, for all.
  func ofFirst<Record: Codable>(
    making make: () throws(DistillationError) -> Record
  ) throws(DistillationError) -> Record {
    guard count > 1 else { return try make() }
    let own = isFirst ? try RecordCoding.encode(try make()) : []
    return try RecordCoding.decode(
      Record.self, from: ofFirst(own), source: "a record of \(hosts[0])")
  }

  /// The values of a prompt that the first rank reads from a file of its host, for all.
  func ofFirst(
    reading read: () throws(DistillationError) -> [Float]
  ) throws(DistillationError) -> [Float] {
    guard count > 1 else { return try read() }
    return ofFirst(isFirst ? try read() : [])
  }
}
