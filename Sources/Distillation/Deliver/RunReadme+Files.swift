/// The lines on files that not every run has.
extension RunReadme {
  /// What tokenizes prompts; empty where they are token ids.
  var tokenizerFiles: String {
    guard adapter.origin.tokenizer != nil else { return "" }
    let template = adapter.origin.templateSource == nil ? "" : ", `\(RunFolder.chatTemplate)`"
    return
      "- `\(RunFolder.tokenizer)`, `\(RunFolder.tokenizerConfiguration)`\(template): what makes "
      + "token ids of prompts, as in training.\n"
  }

  /// What is known of held-out prompts; empty where there are none.
  var heldOutFiles: String {
    guard metrics.validation != nil else { return "" }
    return
      "- `\(RunFolder.evaluations)`, `\(RunFolder.heldOutAnswers)`: the held-out numbers along the training, and "
      + "the answers to the held-out prompts.\n"
  }

  /// TensorBoard's; empty without them.
  var eventFiles: String {
    hasEvents ? "\n- `\(RunFolder.eventsName)/`: the numbers of every step for TensorBoard." : ""
  }
}
