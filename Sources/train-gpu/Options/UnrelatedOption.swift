import ArgumentParser

/// The option of prompts on which drift is measured.
enum UnrelatedOption {
  /// Its help.
  static let help = ArgumentHelp(
    "Prompts that have nothing to do with the context, as in --inputs: drift from the bare model is "
      + "measured on them (default: two dozen built-in ones).", valueName: "file.jsonl")
}
