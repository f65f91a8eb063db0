import Foundation
import HuggingFace
internal import Transformer

/// What stands before a prompt or a conversation: adapters, or a context with its tools.
package struct PrecedingFiles: Sendable {
  /// The folders of adapters, in the order of their prompts.
  package var adapters: [URL]
  /// The file of a context; nil for none.
  package var context: URL?
  /// The file of the tools beside the context; nil for none.
  package var tools: URL?

  /// Files; adapters and a context are read beside each other by conversations alone.
  package init(adapters: [URL], context: URL?, tools: URL? = nil) {
    self.adapters = adapters
    self.context = context
    self.tools = tools
  }

  /// Whether a context or tools are given.
  var hasContext: Bool { context != nil || tools != nil }

  /// Whether nothing is given.
  var isEmpty: Bool { adapters.isEmpty && !hasContext }
}

/// The files before a prompt, read for a model.
struct PrecedingTexts {
  let configuration: DecoderConfiguration
  let group: AdapterGroup
  let context: ContextText?
  let tools: ToolDefinitions?
  private let folder: ModelFolder
  private let isAlone: Bool

  /// Reads them.
  ///
  /// - Parameter folder: the model.
  init(_ files: PrecedingFiles, for folder: ModelFolder) throws(DistillationError) {
    let config = try opening { () throws(ModelFolderError) in try folder.config() }
    configuration = try distilling { () throws(TransformerError) in
      try DecoderConfiguration(config: config)
    }
    group = try AdapterGroup(files.adapters, for: configuration)
    context = try files.context.map { (url) throws(DistillationError) in
      try ContextText(contentsOf: url)
    }
    tools = try files.tools.map { (url) throws(DistillationError) in
      try ToolDefinitions(contentsOf: url)
    }
    self.folder = folder
    isAlone = files.isEmpty
  }

  /// Header, context and closing in a template.
  ///
  /// - Parameter template: `auto` takes the adapter's, or the model's own.
  func conditioning(_ template: TemplateChoice) throws(DistillationError) -> Conditioning {
    try group.framing(
      Conditioning(
        context, tools: tools, folder: folder, template: template.within(group.template),
        vocabularySize: configuration.vocabularySize, isAlone: isAlone,
        reading: group.inputReading))
  }
}
