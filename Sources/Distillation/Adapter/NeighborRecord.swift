import JSON

/// A prompt that stood before another one in its training.
package struct NeighborRecord: Sendable, Equatable, Codable {
  /// The SHA-256 of its file.
  package var digest: String
  /// Its pseudo-tokens.
  package var tokens: Int

  /// A record.
  package init(digest: String, tokens: Int) {
    self.digest = digest
    self.tokens = tokens
  }

  private enum CodingKeys: String, CodingKey {
    case digest = "sha256"
    case tokens
  }

  /// The records in the metadata of an adapter.
  static func list(_ text: String, file: String) throws(DistillationError) -> [NeighborRecord] {
    guard case .array(let entries)? = try? JSON(parsing: Array(text.utf8)) else {
      throw .content(file: file, expected: "\(Adapter.neighborsKey) with a list", found: text)
    }
    return try entries.map { (entry) throws(DistillationError) in
      guard let record = try? entry.decode(NeighborRecord.self) else {
        throw .content(
          file: file, expected: "\(Adapter.neighborsKey) with sha256 and tokens of each prompt",
          found: text)
      }
      return record
    }
  }

  /// The text of records in the metadata of an adapter.
  static func text(_ records: [NeighborRecord]) -> String {
    JSON.array(
      records.map {
        .object(["sha256": .string($0.digest), "tokens": .integer($0.tokens)])
      }
    ).text()
  }
}
