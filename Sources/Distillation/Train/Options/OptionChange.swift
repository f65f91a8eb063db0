/// An option that a resumed run changed.
package struct OptionChange: Sendable, Equatable, Codable {
  /// Steps that were done before.
  package var step: Int
  /// The setting until then.
  package var before: OptionSetting
  /// The setting since then.
  package var after: OptionSetting

  /// A change after `step` steps.
  package init(step: Int, before: OptionSetting, after: OptionSetting) {
    self.step = step
    self.before = before
    self.after = after
  }
}

/// An option with its value, or without one where the user left it out.
package struct OptionSetting: Sendable, Equatable {
  /// The option.
  package var name: OptionName
  /// Its value; nil where it is left out.
  package var value: Int?

  /// A setting.
  package init(_ name: OptionName, _ value: Int?) {
    self.name = name
    self.value = value
  }
}

extension OptionSetting: CustomStringConvertible {
  /// The option's plain name and value: `steps 200`, or `no patience`.
  package var description: String { text { $0 } }

  /// The option's name and value.
  ///
  /// - Parameter option: an option's name as the user knows it, from its plain name.
  package func text(option: (String) -> String) -> String {
    let name = option(name.rawValue)
    return value.map { "\(name) \($0)" } ?? "no \(name)"
  }
}

extension OptionSetting: Codable {
  /// Reads a recorded text, also with the dashes of the command line that earlier programs wrote.
  package init(from decoder: any Swift.Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    let words = text.split(separator: " ").map { $0.drop { $0 == "-" } }
    let isLeftOut = words.first == "no"
    guard words.count == 2, let name = OptionName(rawValue: String(words[isLeftOut ? 1 : 0])),
      let value = isLeftOut ? 0 : Int(words[1])
    else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "expected an option with its value, found \(text)")
    }
    self.init(name, isLeftOut ? nil : value)
  }

  /// Writes the plain text.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
