import Foundation
import Tokenizers

extension ModelFolder {
  /// How a text is laid out for this model.
  ///
  /// - Parameters:
  ///   - choice: the template and what it is told.
  ///   - tokenizer: the model's tokenizer.
  ///   - hasContext: whether a place for a context is looked for.
  ///   - reading: how the template's texts become tokens.
  package func placement(
    template choice: TemplateChoice, tokenizer: Tokenizer, hasContext: Bool = true,
    reading: PieceReading = .inPlace
  ) throws(PlacementError) -> Placement {
    let now = choice.clock ?? Date()
    guard choice.name != "raw", let template = try chatTemplate(named: choice.name, now: now) else {
      guard choice.variables.isEmpty else { throw .variablesWithoutTemplate }
      return Placement(raw: tokenizer)
    }
    guard hasContext else {
      return try Placement(
        withoutContext: template, variables: choice.variables, tokenizer: tokenizer,
        reading: reading)
    }
    return try Placement(
      template: template, variables: choice.variables, tokenizer: tokenizer, reading: reading)
  }

  /// The template of a name; nil where `auto` finds none.
  private func chatTemplate(
    named name: String, now: Date
  ) throws(PlacementError) -> ChatTemplate? {
    if name == "auto" {
      do {
        return try chatTemplate(now: now)
      } catch {
        throw .folder(error)
      }
    }
    do {
      if let builtIn = try ChatTemplate.builtIn(named: name) { return builtIn }
      guard FileManager.default.fileExists(atPath: name) else {
        throw PlacementError.unknownTemplate(name)
      }
      let source = try ChatTemplate.source(contentsOf: URL(fileURLWithPath: name))
      let tokens = try tokenizerConfiguration().specialTokens
      return try ChatTemplate(source: source, place: name, specialTokens: tokens, now: now)
    } catch let error as PlacementError {
      throw error
    } catch let error as ChatTemplateError {
      throw .template(error)
    } catch let error as ModelFolderError {
      throw .folder(error)
    } catch {
      throw .unknownTemplate(name)
    }
  }
}
