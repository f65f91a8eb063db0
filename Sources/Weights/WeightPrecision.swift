/// The format that a model's weights are loaded in.
package struct WeightPrecision: Sendable, Equatable, CustomStringConvertible {
  /// The format of every matrix; nil for that of the file, matrix by matrix.
  package let format: WeightFormat?

  /// A format, or nil for that of the file.
  package init(_ format: WeightFormat?) { self.format = format }

  /// As the file holds them: nothing is converted, and on the CPU path they are read in the mapped
  /// file.
  package static let stored = WeightPrecision(nil)
  package static let f32 = WeightPrecision(.f32)
  package static let bf16 = WeightPrecision(.bf16)

  /// The name of ``stored``.
  private static let storedName = "auto"

  /// All names that a user may give: a checkpoint of numbers can be loaded in these formats.
  package static var names: [String] {
    [storedName] + WeightFormat.allCases.filter(\.isEncodable).map(\.rawValue)
  }

  /// The precision of a name; nil for another text.
  package init?(named name: String) {
    guard Self.names.contains(name) else { return nil }
    self.init(WeightFormat(rawValue: name))
  }

  package var description: String { format?.rawValue ?? Self.storedName }
}

extension WeightPrecision: Codable {
  /// Reads a name.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let name = try container.decode(String.self)
    guard let precision = WeightPrecision(named: name) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "expected a precision, found \(name)")
    }
    self = precision
  }

  /// Writes the name.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
