/// The price of a million tokens that a model reads, in the user's currency.
package struct Price: Sendable, Equatable {
  /// Of a million tokens; 0 or more.
  package let ofMillion: Double

  /// The largest price; any currency has smaller ones.
  package static let largest = 1e15

  /// A price; nil where it is negative, beyond the largest or no number.
  package init?(ofMillion: Double) {
    guard (0...Self.largest).contains(ofMillion) else { return nil }
    self.ofMillion = ofMillion
  }

  /// The cost of a thousand calls that read so many tokens each.
  func ofThousandCalls(tokens: Int) -> Double { ofMillion * Double(tokens) / 1000 }
}

extension Price: Codable {
  /// Reads a number.
  package init(from decoder: any Decoder) throws {
    let number = try decoder.singleValueContainer().decode(Double.self)
    guard let price = Price(ofMillion: number) else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription: "expected a number of 0 or more, at most 1e15, found \(number)"))
    }
    self = price
  }

  /// Writes the number.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(ofMillion)
  }
}
