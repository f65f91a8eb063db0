import Foundation
import Tokenizers

extension ModelFolder {
  /// The placement of texts for this model.
  ///
  /// - Parameters:
  ///   - choice: the template and its variables.
  ///   - tokenizer: the model's tokenizer.
  ///   - hasContext: whether there is a context to place; tools may stand without one.
  ///   - tools: the tools of the run, for which the soft prompt stands too.
  ///   - reading: the tokenization of the template's texts.
  /// - Throws: where the template is unknown, cannot be read, or has no position for a context.
  package func placement(
    template choice: TemplateChoice, tokenizer: Tokenizer, hasContext: Bool = true,
    tools: ToolDefinitions? = nil, reading: PieceReading = .inPlace
  ) throws(PlacementError) -> Placement {
    let now = choice.clock ?? Date()
    guard choice.name != "raw", let template = try chatTemplate(named: choice.name, now: now) else {
      guard choice.variables.isEmpty else { throw .variablesWithoutTemplate }
      guard tools == nil else { throw .toolsWithoutTemplate }
      return Placement(raw: tokenizer)
    }
    guard hasContext || tools != nil else {
      return try Placement(
        withoutContext: template, variables: choice.variables, tokenizer: tokenizer,
        reading: reading)
    }
    return try Placement(
      template: template, variables: choice.variables, tools: tools, hasContext: hasContext,
      tokenizer: tokenizer, reading: reading)
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
      return try ChatTemplate(source: source, location: name, specialTokens: tokens, now: now)
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
