import Foundation

extension ModelFolder {
  /// The model's chat template, or nil where it has none: `chat_template.jinja`, else
  /// `chat_template` of `tokenizer_config.json`.
  ///
  /// - Parameter now: the moment that the template's clock tells.
  package func chatTemplate(
    now: Date = Date()
  ) throws(ModelFolderError) -> ChatTemplate? {
    let configuration = try tokenizerConfiguration()
    guard let (source, place) = try chatTemplateSource() ?? configuration.chatTemplate else {
      return nil
    }
    do {
      return try ChatTemplate(
        source: source, place: place, specialTokens: configuration.specialTokens, now: now)
    } catch {
      throw .chatTemplate(error)
    }
  }

  private func chatTemplateSource() throws(ModelFolderError) -> (source: String, place: String)? {
    guard has("chat_template.jinja") else { return nil }
    let file = url.appending(path: "chat_template.jinja")
    do {
      return (try ChatTemplate.source(contentsOf: file), file.path)
    } catch {
      throw .chatTemplate(error)
    }
  }
}
