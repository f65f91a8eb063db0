import Foundation
import JSON

/// The special tokens and the chat template of a tokenizer, as `tokenizer_config.json` states them.
package struct TokenizerConfiguration: Sendable {
  /// The text of every special token under the name that chat templates use: `bos_token`,
  /// `eos_token`, `unk_token`, `pad_token` and so on, and those that a model names itself, such as
  /// `image_token`.
  package let specialTokens: [String: String]

  /// The source of the chat template with its file and key path, or nil.
  package let chatTemplate: (source: String, location: String)?

  /// Special tokens and a chat template from elsewhere.
  init(specialTokens: [String: String], chatTemplate: (source: String, location: String)?) {
    self.specialTokens = specialTokens
    self.chatTemplate = chatTemplate
  }

  /// Reads the chat template of the configuration; `specialTokens` come from its files too.
  ///
  /// - Throws: where the template is of another kind.
  package init(
    config: JSONNode?, specialTokens: [String: String]
  ) throws(JSONReadingError) {
    self.specialTokens = specialTokens
    chatTemplate = try config?.chatTemplate()
  }
}

extension JSONNode {
  /// `chat_template`: a text, or named texts of which `default` is meant, as a list or an object.
  fileprivate func chatTemplate() throws(JSONReadingError) -> (source: String, location: String)? {
    guard let value: JSONNode = try optional("chat_template") else { return nil }
    var names: [String] = []
    switch value.json {
    case .array:
      let templates: [JSONNode] = try required("chat_template")
      for template in templates {
        let name: String = try template.required("name")
        if name == "default" {
          return (try template.required("template"), "\(file), \(template.path).template")
        }
        names.append(name)
      }
    case .object(let templates):
      if templates.keys.contains("default") {
        return (try value.required("default"), "\(file), chat_template.default")
      }
      names = templates.keys.sorted()
    default: return (try required("chat_template"), "\(file), chat_template")
    }
    throw failure(
      expected: "a template named default, or one of them in a file of its own",
      found: names.isEmpty ? "none" : names.joined(separator: ", "), at: "chat_template")
  }
}
