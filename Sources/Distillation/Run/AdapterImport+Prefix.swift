import HuggingFace
package import Transformer

extension AdapterImport {
  /// What stands before every prompt with this adapter in the context's place.
  package func prefix(in conditioning: Conditioning) -> Prefix {
    switch self {
    case .softPrompt(let prompt, _, _):
      Prefix(
        header: conditioning.header, body: .softPrompt(prompt.values),
        closing: conditioning.closing)
    case .virtualTokens(let prompt):
      Prefix(header: [], body: .softPrompt(prompt.values), closing: [])
    }
  }

  /// The template that the adapter was made in; nil where it does not say.
  package var template: TemplateChoice? {
    if case .softPrompt(_, let template, _) = self { template } else { nil }
  }

  /// Whether the adapter says that it was made for another model than that of a folder.
  package func isForeign(to folder: ModelFolder) throws(DistillationError) -> Bool {
    guard case .softPrompt(_, _, let recorded?) = self else { return false }
    return try opening { () throws(ModelFolderError) in try folder.fingerprint() } != recorded
  }
}
