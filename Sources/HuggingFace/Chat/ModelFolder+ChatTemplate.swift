import Foundation

extension ModelFolder {
  /// The model's chat template, or nil where it has none: `chat_template.jinja`, else
  /// `chat_template` of `tokenizer_config.json`.
  ///
  /// - Parameter now: the time of the template's clock.
  /// - Throws: where a file cannot be read, or its template is not one.
  package func chatTemplate(
    now: Date = Date()
  ) throws(ModelFolderError) -> ChatTemplate? {
    let configuration = try tokenizerConfiguration()
    guard let (source, location) = try chatTemplateSource() ?? configuration.chatTemplate else {
      return nil
    }
    do {
      return try ChatTemplate(
        source: source, location: location, specialTokens: configuration.specialTokens, now: now)
    } catch {
      throw .chatTemplate(error)
    }
  }

  private func chatTemplateSource() throws(ModelFolderError) -> (source: String, location: String)?
  {
    guard has("chat_template.jinja") else { return nil }
    let file = url.appending(path: "chat_template.jinja")
    do {
      return (try ChatTemplate.source(contentsOf: file), file.path)
    } catch {
      throw .chatTemplate(error)
    }
  }
}
