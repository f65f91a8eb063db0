/// Options as the command line writes them.
enum CommandLineOption {
  /// `--steps` for the option `steps`.
  static func name(_ option: String) -> String { "--\(option)" }
}
