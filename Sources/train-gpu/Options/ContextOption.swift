import ArgumentParser

/// The option of a context that may be several files, or token ids.
enum ContextOption {
  /// Its help.
  static let help = ArgumentHelp(
    "The long context: text files, folders of them, or one .json with {\"ids\": [...]}.",
    valueName: "file")
}
